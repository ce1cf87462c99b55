"""Nothing leaves the machine: no chart can be uploaded, and no page asks another machine for anything."""

import shutil
from urllib.parse import quote, urlsplit

from playwright.sync_api import Page, expect

from alcore.server.index import RunIndex
from alcore.statistics.comparison import Question
from alcore.study.interactive import interactive_page
from alcore.study.reader import StudyReader
from alcore.study.report import as_html
from alcore.ui.compare.compare_views import VIEWS as COMPARE_VIEWS
from alcore.ui.study.study_views import VIEWS as STUDY_VIEWS
from tests.conftest import ROOT
from tests.dashboard import SECONDS

_STUDY = ROOT / "assets/recorded/synthetic"
_WITHOUT_CHARTS = {"Tables", "Methods text", "Report"}
_LOOPBACK = {"127.0.0.1", "localhost"}
_PLOTS = ".js-plotly-plot:has(.main-svg)"


def test_no_chart_can_be_uploaded_and_no_request_leaves_the_machine(served, server_home, small_run, tmp_path):
    address, browser = served
    shutil.copytree(small_run, server_home / "runs" / "private")
    RunIndex(server_home)
    context = browser.new_context(viewport={"width": 1500, "height": 1300})
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.on("websocket", lambda socket: asked.append(socket.url))
    for path, has_chart in _pages().items():
        page.goto(f"{address}{path}")
        expect(page.locator("[data-test-script-state=notRunning]")).to_be_visible(timeout=60 * SECONDS)
        _check_charts(page, path, has_chart=has_chart)
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
        _check_charts(page, name, has_chart=True)
    assert any("_stcore" in url for url in asked), "the pages' own requests are seen"
    away = {urlsplit(url).hostname for url in asked} - _LOOPBACK - {None}
    assert not away, f"a page asked {away}"


def _pages() -> dict[str, bool]:
    """Every page and view by its path, and whether it has a chart of plotly's."""
    pages = {"/": True, "/?run=private": True, "/meter": True, "/methods": False, "/runs": False}
    for view in ("Chosen patches", "Why this one?", "Watch the model learn"):
        pages[f"/samples?run=private&samples_view={quote(view)}"] = view == "Why this one?"
    for view in ("Browse", "Import", "Make surfaces", "Line", "Logs"):
        pages[f"/data?data_view={quote(view)}"] = view in ("Browse", "Line")
    for view in COMPARE_VIEWS:
        pages[f"/compare?runs=recorded-demo&view={quote(view)}"] = view not in _WITHOUT_CHARTS
    for view in (*STUDY_VIEWS, "Progress", "New study"):
        has_chart = view in STUDY_VIEWS and view not in _WITHOUT_CHARTS
        pages[f"/study?study=recorded%3A+synthetic&study_view={quote(view)}"] = has_chart
    return pages


def _check_charts(page: Page, where: str, *, has_chart: bool) -> None:
    plots = page.locator(_PLOTS)
    if has_chart:
        expect(plots.first).to_be_visible(timeout=60 * SECONDS)
    sharing = plots.evaluate_all("all => all.filter((one) => one._context.showSendToCloud).length")
    assert sharing == 0, f"{where} has {sharing} charts that can be uploaded"
    buttons = page.locator("[data-title^='Share chart'], [data-attr=sendChartToCloud]")
    assert buttons.count() == 0, f"{where} has a button that uploads a chart"
