"""Following, pausing, extending and reading a study in a real browser."""

from playwright.sync_api import expect

from alcore.study.launch import launch, measure_plan
from alcore.study.reader import studies_directory
from alcore.study.study_store import StudyStore
from tests.dashboard import SECONDS
from tests.following import wait_for
from tests.study.helpers import plan_of


def finished(store):
    return sum(progress.finished for progress in store.ledger().by_cell().values())


def test_a_study_from_start_to_more_repetitions(served):
    address, browser = served
    launch("live", plan_of({"pool_prevalence": [0.2]}, cycles=3, repetitions=4))
    store = StudyStore(studies_directory() / "live")
    try:
        page = browser.new_page(viewport={"width": 1500, "height": 1300})
        page.goto(f"{address}/study?study=live&study_view=Progress")
        expect(page.get_by_text("running")).to_be_visible(timeout=60 * SECONDS)
        wait_for(lambda: finished(store) >= 1, "a finished repetition")
        page.get_by_role("button", name="Pause").click()
        expect(page.get_by_text("paused")).to_be_visible(timeout=60 * SECONDS)
        assert not store.is_being_run()
        page.get_by_role("button", name="Resume").click()
        expect(page.get_by_text("4 of 4 repetitions")).to_be_visible(timeout=90 * SECONDS)
        wait_for(lambda: not store.is_being_run(), "the conductor to leave")
        expect(page.get_by_role("button", name="Resume")).to_be_disabled()
        page.get_by_role("spinbutton", name="Repetitions per cell").fill("5")
        page.get_by_role("spinbutton", name="Repetitions per cell").press("Enter")
        page.get_by_role("button", name="Add repetitions").click()
        expect(page.get_by_text("5 of 5 repetitions")).to_be_visible(timeout=90 * SECONDS)
    finally:
        store.ask_to_stop()
        wait_for(lambda: not store.is_being_run(), "the conductor to leave")


def test_the_recorded_map_is_clicked_and_taken_away(served, tmp_path):
    address, browser = served
    page = browser.new_page(viewport={"width": 1500, "height": 1300})
    page.goto(f"{address}/study?study=recorded%3A+synthetic")
    expect(page.get_by_text("Recorded study")).to_be_visible(timeout=60 * SECONDS)
    points = page.locator(".st-key-map-entropy .scatterlayer .point")
    expect(points).to_have_count(36)
    drag_layer = page.locator(".st-key-map-entropy .nsewdrag").first
    box = drag_layer.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 5.5 / 6, box["y"] + box["height"] * 0.5 / 6)
    expect(page.get_by_role("combobox", name="Defects in the pool π₀")).to_have_value("50 %")
    expect(page.get_by_role("combobox", name="Deployment prevalence π₁")).to_have_value("50 %")
    title = page.locator(".st-key-tall-cell-curves .ytitle").filter(has_text="π₁ = 50 %")
    expect(title.first).to_be_visible()  # for a moment the old chart is there too
    page.get_by_role("tab", name="Export").click()
    with page.expect_download(timeout=60 * SECONDS) as download:
        page.get_by_role("button", name="Report as one HTML page").click()
    download.value.save_as(tmp_path / "report.html")
    alone = browser.new_page()
    alone.goto((tmp_path / "report.html").as_uri())
    expect(alone.get_by_role("heading", name="Study synthetic")).to_be_visible()
    wait_for(lambda: alone.locator(".js-plotly-plot .main-svg").count() >= 7, "the report's figures")


def test_an_estimate_runs_two_cycles_of_the_real_thing(home):
    lines = measure_plan(plan_of(repetitions=5)).sentences()
    assert lines[0].startswith("2 cells × 5 repetitions = 10 runs")
    assert "on disk" in lines[1]
    assert any("one more value of repetitions adds 2 runs" in line for line in lines)
