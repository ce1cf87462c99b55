"""No chart has a button that sends it away; the browser's part is in tests/ui/browser/test_no_upload.py."""

import ast

import plotly.graph_objects as go

from alcore.presentation.chart_config import chart_config
from alcore.statistics.comparison import Question
from alcore.study.reader import StudyReader
from alcore.study.report import as_html
from tests.conftest import ROOT

_OPTIONS = {"displaylogo", "displayModeBar", "showSendToCloud", "plotlyServerURL"}


def test_nothing_that_a_chart_asks_for_brings_the_upload_back():
    config = chart_config(showSendToCloud=True, plotlyServerURL="https://example.org", scrollZoom=True)
    assert config == chart_config(scrollZoom=True)
    assert (config["showSendToCloud"], config["plotlyServerURL"]) == (False, "")
    assert '"showSendToCloud": false' in go.Figure().to_html(config=config)


def test_every_chart_takes_its_config_from_the_one_place():
    calls = 0
    for path in (ROOT / "alcore").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Dict) and path.name != "chart_config.py":
                keys = {key.value for key in node.keys if isinstance(key, ast.Constant)}
                assert not keys & _OPTIONS, f"{path}:{node.lineno} writes a config of its own"
            if isinstance(node, ast.Call) and _draws(node):
                calls += 1
                given = node.args[:1] if node.func.attr == "to_html" else []
                given += [keyword for keyword in node.keywords if keyword.arg == "config"]
                assert given, f"{path}:{node.lineno} draws a chart without chart_config()"
    assert calls >= 8


def _draws(call: ast.Call) -> bool:
    name = getattr(call.func, "attr", "")
    keywords = {keyword.arg for keyword in call.keywords}
    return name in ("plotly_chart", "write_html") or (name == "to_html" and "include_plotlyjs" in keywords)


def test_the_charts_of_a_report_have_no_upload():
    page = as_html(StudyReader.open(ROOT / "assets/recorded/synthetic"), Question("iou", 0.05, "random"))
    charts = page.count("Plotly.newPlot(")
    assert charts > 6
    assert page.count('"showSendToCloud": false') == charts
