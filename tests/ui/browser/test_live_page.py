"""The interactive page in a real browser: opened from disk, and its curves against Python's."""

import shutil

import numpy as np
from playwright.sync_api import expect

from alcore.presentation.labels import PREVALENCES
from alcore.presentation.live_chart.page import MOST_BYTES
from alcore.server.index import RunIndex
from alcore.statistics.comparison import curve_frame
from alcore.storage.evidence import gather
from alcore.storage.run_records import RunRecords
from alcore.storage.run_store import RunStore
from alcore.wording import percent
from tests.dashboard import SECONDS
from tests.following import alcore


def test_the_file_opens_from_disk_and_its_slider_moves_the_curves(browser, small_run, tmp_path):
    out = tmp_path / "run.html"
    assert alcore("report", str(small_run), "--interactive", "--out", str(out)).returncode == 0
    assert out.stat().st_size < MOST_BYTES
    tab = browser.new_page(viewport={"width": 1280, "height": 720})
    asked, faults = [], []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.goto(out.as_uri())
    tab.wait_for_selector("body[data-ready=yes]", timeout=30 * SECONDS)
    evidence = gather(RunRecords(RunStore(small_run)))
    plot = tab.locator(".js-plotly-plot")
    shown = "plot => plot.data.filter((trace) => trace.name).flatMap((trace) => [...trace.y])"
    for step in (3, 20):
        tab.get_by_label("Deployment prevalence").fill(str(step))
        expect(tab.get_by_role("button", name="π₁")).to_have_text(f"π₁ = {percent(PREVALENCES[step])}")
        expected = curve_frame(evidence, "iou", PREVALENCES[step])["value"].to_numpy(float)
        np.testing.assert_allclose(np.array(plot.evaluate(shown), float), expected, rtol=0, atol=1e-9)
    assert tab.locator("#queries img").count() == len(evidence.strategies)
    assert not faults
    assert not [url for url in asked if url.startswith("http")]


def test_a_zoom_survives_a_move_of_the_slider(browser, small_run, tmp_path):
    out = tmp_path / "run.html"
    alcore("report", str(small_run), "--interactive", "--out", str(out))
    tab = browser.new_page(viewport={"width": 1280, "height": 720})
    tab.goto(out.as_uri())
    tab.wait_for_selector("body[data-ready=yes]", timeout=30 * SECONDS)
    box = tab.locator("#chart .nsewdrag").first.bounding_box()
    tab.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.2)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.8, steps=5)
    tab.mouse.up()
    ranges = "() => document.querySelector('.js-plotly-plot')._fullLayout.xaxis.range.map(Number)"
    tab.wait_for_function(f"() => ({ranges})()[0] > 0")
    zoomed = tab.evaluate(ranges)
    tab.get_by_label("Deployment prevalence").fill("3")
    expect(tab.get_by_role("button", name="π₁")).to_have_text(f"π₁ = {percent(PREVALENCES[3])}")
    assert tab.evaluate(ranges) == zoomed


def test_compare_hands_out_the_file_at_the_metric_that_is_shown(served, server_home, small_run, tmp_path):
    address, browser = served
    shutil.copytree(small_run, server_home / "runs" / "mailed")
    RunIndex(server_home)  # a list that is opened takes in what lies there
    tab = browser.new_page(viewport={"width": 1500, "height": 1300})
    tab.goto(f"{address}/compare?runs=mailed&view=Tables&judge=Recall")
    with tab.expect_download(timeout=60 * SECONDS) as download:
        tab.get_by_role("button", name="This run as an interactive page").click(timeout=60 * SECONDS)
    download.value.save_as(tmp_path / "mailed.html")
    page = browser.new_page()
    page.goto((tmp_path / "mailed.html").as_uri())
    page.wait_for_selector("body[data-ready=yes]", timeout=30 * SECONDS)
    expect(page.get_by_role("heading", name="Run mailed")).to_be_visible()
    expect(page.get_by_label("Metric")).to_have_value("recall")
