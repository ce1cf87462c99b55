"""Nothing leaves the machine: no chart can be uploaded, and no page asks another machine for anything."""

import shutil
from urllib.parse import quote, urlsplit

from playwright.sync_api import Page, expect

from alcore.server.index import RunIndex
from alcore.statistics.comparison import Question
from alcore.study.interactive import interactive_page
from alcore.study.reader import StudyReader
from alcore.study.report import as_html
from alcore.ui.compare.compare_views import TABS as COMPARE
from alcore.ui.study.study_views import TABS as STUDY
from tests.conftest import ROOT
from tests.dashboard import SECONDS

_STUDY = ROOT / "assets/recorded/synthetic"
_LOOPBACK = {"127.0.0.1", "localhost"}
_PLOTS = ".js-plotly-plot:has(.main-svg)"
_ALL_DRAWN = """() => [...document.querySelectorAll(".live-plot, [data-testid=stPlotlyChart]")]
  .every((place) => place.querySelector(".main-svg"))"""


def test_no_chart_can_be_uploaded_and_no_request_leaves_the_machine(served, server_home, small_run, tmp_path):
    address, browser = served
    shutil.copytree(small_run, server_home / "runs" / "private")
    RunIndex(server_home)
    context = browser.new_context(viewport={"width": 1500, "height": 1300})
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.on("websocket", lambda socket: asked.append(socket.url))
    charts = 0
    for path in _pages():
        page.goto(f"{address}{path}")
        expect(page.locator("[data-test-script-state=notRunning]")).to_be_visible(timeout=60 * SECONDS)
        page.wait_for_function(_ALL_DRAWN, timeout=60 * SECONDS)
        charts += _count_charts(page, path)
    assert charts > 20
    page.goto(f"{address}/compare?runs=private&view=Gain")
    with page.expect_download(timeout=60 * SECONDS) as download:
        page.get_by_role("button", name="HTML", exact=True).first.click(timeout=60 * SECONDS)
    files = {name: tmp_path / f"{name}.html" for name in ("saved", "mailed", "report")}
    download.value.save_as(files["saved"])
    files["mailed"].write_text(interactive_page(_STUDY), encoding="utf-8")
    report = as_html(StudyReader.open(_STUDY), Question("iou", 0.05, "random"))
    files["report"].write_text(report, encoding="utf-8")
    for name, file in files.items():
        page.goto(file.as_uri())
        expect(page.locator(_PLOTS).first).to_be_visible(timeout=60 * SECONDS)
        assert _count_charts(page, name)
    assert any("_stcore" in url for url in asked), "the pages' own requests are seen"
    away = {urlsplit(url).hostname for url in asked} - _LOOPBACK - {None}
    assert not away, f"a page asked {away}"


def _pages() -> list[str]:
    """Paths of every page and view."""
    samples = ("Chosen patches", "Why this one?", "Watch the model learn")
    data = ("Browse", "Import", "Make surfaces", "Line", "Logs")
    return [
        *("/", "/?run=private", "/meter", "/methods", "/runs"),
        *(f"/samples?run=private&samples_view={quote(view)}" for view in samples),
        *(f"/data?data_view={quote(view)}" for view in data),
        *(
            f"/compare?runs=recorded-demo&view={quote(view)}"
            for tab in COMPARE.values()
            for view in tab.parts
        ),
        *(
            f"/study?study=recorded%3A+synthetic&study_view={quote(view)}"
            for view in (*(part for tab in STUDY.values() for part in tab.parts), "Progress", "New study")
        ),
    ]


def _count_charts(page: Page, where: str) -> int:
    """How many charts are drawn, none of which can be uploaded."""
    plots = page.locator(_PLOTS)
    sharing = plots.evaluate_all("all => all.filter((one) => one._context.showSendToCloud).length")
    assert sharing == 0, f"{where} has {sharing} charts that can be uploaded"
    buttons = page.locator("[data-title^='Share chart'], [data-attr=sendChartToCloud]")
    assert buttons.count() == 0, f"{where} has a button that uploads a chart"
    return plots.count()
