"""Comparing, explaining and taking away, in a real browser."""

import re
import shutil

import pandas as pd
import pytest
from playwright.sync_api import expect

from alcore.server.index import RunIndex
from tests.dashboard import SECONDS, serving
from tests.following import silence, wait_for


@pytest.fixture
def served_runs(served, server_home, small_run, run_of_three):
    """The shared server with two finished runs in its home; no other test changes them."""
    for run_id, directory in (("demo-run", small_run), ("three-times", run_of_three)):
        if not (server_home / "runs" / run_id).exists():
            shutil.copytree(directory, server_home / "runs" / run_id)
    RunIndex(server_home)  # a list that is opened takes in what lies there
    return served


def heights(page):
    """Where the points of all curves are drawn."""
    points = page.locator(".st-key-tall-learning-curves .scatterlayer .trace .point")
    return points.evaluate_all("all => all.map(e => e.getAttribute('transform'))")


def test_the_first_link_that_a_server_gets_may_lead_to_any_page_which_says_when_it_is_gone(home, browser):
    with serving(home) as (address, process):
        page = browser.new_page(viewport={"width": 1500, "height": 1300})
        page.goto(f"{address}/methods")
        expect(page.get_by_text("Normalised area under the budget curve")).to_be_visible()
        expect(page.get_by_role("link", name="Compare")).to_be_visible()
        process.kill()
        expect(page.get_by_role("dialog")).to_contain_text("The dashboard's server does not answer")
        expect(page.get_by_role("dialog")).not_to_contain_text("internet")


def test_comparing_and_taking_away(served_runs, tmp_path):
    address, browser = served_runs
    page = browser.new_page(viewport={"width": 1500, "height": 1300})
    page.goto(f"{address}/compare?runs=demo-run&runs=three-times")
    wait_for(lambda: len(heights(page)) == 3 * 3 + 3 * 2, "the curves of both runs in the link")
    page.goto(f"{address}/compare?runs=three-times")
    wait_for(lambda: len(heights(page)) == 3 * 2, "three curves of two points")
    before = heights(page)
    slider = page.locator(".st-key-pi1").get_by_role("slider")
    slider.press("End")
    expect(page.locator(".ytitle").filter(has_text="100 %")).to_be_visible()
    wait_for(lambda: heights(page) != before, "the curves to follow the slider")
    expect(page).to_have_url(re.compile("pi1="))

    with page.expect_download() as download:
        page.get_by_role("button", name="HTML").click()
    file = tmp_path / "figure.html"
    download.value.save_as(file)
    assert "plotly" in file.read_text(encoding="utf-8")

    page.get_by_text("Axes, target and image format").click()
    svg = page.get_by_role("radio", name="SVG")
    wait_for(lambda: svg.is_checked() or svg.click(), "SVG to be chosen: what unfolds moves under a click")
    formats = (
        "plots => plots.map((plot) => plot._context?.toImageButtonOptions.format)"  # one is for printing
    )
    charts = page.locator(".st-key-tall-learning-curves .js-plotly-plot")
    wait_for(lambda: set(charts.evaluate_all(formats)) == {"svg"}, "the camera to save SVG", 60)
    with page.expect_download() as download:
        page.locator(".st-key-tall-learning-curves .modebar-btn").first.click()
    assert download.value.suggested_filename == "learning-curves.svg"
    download.value.save_as(file)
    assert "<svg" in file.read_text(encoding="utf-8")[:200]

    page.get_by_role("tab", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Parquet").first.click()
    download.value.save_as(tmp_path / "summary.parquet")
    assert list(pd.read_parquet(tmp_path / "summary.parquet")["strategy"]) == [
        "random",
        "entropy",
        "oracle-random",
    ]

    page.get_by_role("tab", name="Who is ahead?").click()
    page.get_by_role("button", name="Train the full-pool ceiling").click()
    expect(page.get_by_text(re.compile(r"^full pool 0\.\d+"))).to_be_visible(timeout=90 * SECONDS)


def test_metric_and_prevalence_are_chosen_in_one_place(served_runs):
    address, browser = served_runs
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto(f"{address}/compare?runs=demo-run&runs=three-times&judge=Dice")
    chart = page.locator(".st-key-tall-learning-curves")
    wait_for(lambda: len(heights(page)) == 3 * 3 + 3 * 2, "the curves of both runs")
    dashes = chart.locator(".scatterlayer .js-line").evaluate_all(
        "all => all.map(line => line.style.strokeDasharray)"
    )
    assert {"", "none"} & set(dashes), "one run is drawn solid"
    assert len(set(dashes)) > 1, "the other dashed"

    for part in ("metric", "slider"):
        expect(chart.locator(f'[data-part="{part}"]')).to_be_hidden()  # the sidebar is there
    page.get_by_role("radio", name="Precision").click()
    expect(chart.locator(".ytitle").filter(has_text="Precision").first).to_be_visible()

    page.goto(f"{address}/compare?runs=demo-run&runs=three-times&judge=Dice&hide=settings")
    expect(chart.locator('[data-part="metric"]')).to_have_value("dice")
    chart.locator('[data-part="metric"]').select_option("recall")
    expect(page).to_have_url(re.compile("judge=Recall"))
    chart.locator('[data-part="slider"]').press("End")
    expect(page).to_have_url(re.compile("pi1=100"))
    expect(chart.locator(".ytitle").filter(has_text="Recall at π₁ = 100 %").first).to_be_visible()


def test_a_newcomer_finds_two_answers_in_two_clicks(served):
    """The clicks that docs/pages.md names, from the page that the dashboard opens with."""
    address, browser = served
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto(address)
    page.get_by_role("link", name="Study", exact=True).click()
    expect(page.get_by_text(re.compile("^entropy is .*random at π₀ = 1 %")).first).to_be_visible()
    expect(page.locator(".st-key-map-entropy .heatmaplayer").first).to_be_visible()
    page.goto(address)
    page.get_by_role("link", name="Compare", exact=True).click()
    page.get_by_role("tab", name="What does shift cost?").click()
    expect(page.get_by_text(re.compile("^Where .* are defective instead of the pool's"))).to_be_visible()
    expect(page.locator(".st-key-tall-advantage-over-prevalence .scatterlayer .trace").first).to_be_visible()


def test_an_old_link_opens_its_part_and_another_tab_can_be_chosen(served_runs):
    address, browser = served_runs
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto(f"{address}/compare?runs=three-times&view=Stopping")
    expect(page).to_have_url(re.compile(r"view=What\+would\+I\+pay%3F"))
    expect(page).to_have_url(re.compile("open_stopping=true"))
    expect(page.get_by_text("loses least")).to_be_visible()
    expect(page.locator(".st-key-open_stopping")).to_be_in_viewport()
    page.get_by_role("tab", name="Which images?").click()
    expect(page.get_by_text("A patch is flagged where")).to_be_visible()
    expect(page).to_have_url(re.compile(r"view=Which\+images%3F"))


def test_points_without_a_value_are_counted_under_the_curves(served_runs, server_home, small_run):
    address, browser = served_runs
    silent = server_home / "runs" / "silent-run"
    shutil.copytree(small_run, silent, dirs_exist_ok=True)
    silence(silent)
    RunIndex(server_home)
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto(f"{address}/compare?runs=silent-run&judge=Precision")
    expect(page.get_by_text("undefined, and left out, in 9 of 9 points")).to_be_visible()


def test_why_this_one(served_runs):
    address, browser = served_runs
    page = browser.new_page(viewport={"width": 1500, "height": 1500})
    page.goto(f"{address}/samples?run=demo-run&samples_view=Why+this+one%3F")
    chart = page.locator(".js-plotly-plot").first
    wait_for(lambda: chart.locator(".scatterlayer .point").count() > 70, "the pool's map")
    box = chart.locator(".nsewdrag").bounding_box()
    left, top = box["x"] + 5, box["y"] + 5
    right, bottom = box["x"] + box["width"] - 5, box["y"] + box["height"] - 5
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom), (left, top)):
        page.mouse.move(x, y, steps=12)
    page.mouse.up()
    expect(page.get_by_text(re.compile(r"^80 patches selected"))).to_be_visible()
    expect(page.locator("[data-testid=stImage] img")).to_have_count(24)

    slider = page.get_by_role("slider")
    slider.press("ArrowRight")
    expect(page.get_by_text("selected")).to_have_count(0)
    expect(page.get_by_text(re.compile("^Covering radius 0"))).to_be_visible()

    page.get_by_text("Play the queries").click()
    where = page.locator('[data-part="where"]')
    expect(where).to_contain_text("query 3")
    expect(where).to_contain_text("query 2")  # after the last comes the first again
    page.get_by_role("button", name="❚❚ Pause").click()
    wait_for(lambda: page.locator(".player .scatterlayer .point").count() > 70, "the pool's map, which stays")
