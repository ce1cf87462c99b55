"""A room full of people: presenter mode by keyboard alone, links that hide controls, charts as slides."""

import re

import pytest
from playwright.sync_api import expect

from tests.dashboard import LITTLE_FROM_SCRATCH, SECONDS, fewest_points
from tests.following import wait_for
from tests.ui.browser.conftest import PROJECTOR

SMALL_RUN = f"{LITTLE_FROM_SCRATCH}&pool=300&query=6&cycles=45&steps=4"


def status(page, words):
    expect(page.locator(".st-key-progress").get_by_text(words)).to_be_visible()


def test_presenter_mode_by_keyboard_alone(own):
    address, page = own
    page.goto(f"{address}/?present=1&{SMALL_RUN}")
    expect(page.get_by_role("button", name="Run", exact=True)).to_have_count(0)
    page.locator(".st-key-run_button button:not([disabled])").wait_for(state="attached", timeout=30 * SECONDS)
    page.locator("body[data-keys=heard]").wait_for(state="attached", timeout=30 * SECONDS)
    page.keyboard.press("Space")
    wait_for(lambda: fewest_points(page) >= 1, "the run that Space began", 240)  # PyTorch loads
    page.keyboard.press("Space")
    status(page, "paused in")
    before = fewest_points(page)
    page.keyboard.press("s")
    wait_for(lambda: fewest_points(page) > before, "a cycle more")
    status(page, "paused in")
    page.keyboard.press("Space")
    wait_for(lambda: fewest_points(page) > before + 1, "the same run, which Space continued")

    page.keyboard.press("ArrowUp")
    title = page.locator(".st-key-curves .ytitle").filter(has_text="π₁ = 2.5 %")
    expect(title.first).to_be_visible()
    picks = page.locator(".st-key-picks").bounding_box()
    assert picks["y"] + picks["height"] <= PROJECTOR["height"], "curves and picks on one screen"
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    size = page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)")
    assert size == pytest.approx(1.5 * 17)

    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("one cycle, then pause")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("n")
    expect(page.get_by_text("1 of 6 · ")).to_be_visible()
    page.locator(".st-key-scene_answer button").wait_for(timeout=20 * SECONDS)
    page.keyboard.press("a")
    expect(page.get_by_text("After five queries entropy's IoU is")).to_be_visible()
    page.keyboard.press("n")
    expect(page.get_by_text("2 of 6 · ")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("stSidebar")).to_be_visible()
    assert "present" not in page.url


def test_a_link_hides_controls_on_every_page(served):
    address, browser = served
    page = browser.new_page(viewport=PROJECTOR)
    page.goto(f"{address}/?hide=settings,shares,unheard-of&run=recorded-demo")
    expect(page.locator(".player-picks img").first).to_be_visible()
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    expect(page.locator("[data-part=shares]")).to_be_hidden()
    page.get_by_role("link", name="Compare").click()
    expect(page.locator(".st-key-tall-learning-curves .js-plotly-plot")).to_be_visible()
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()


def test_a_chart_is_saved_as_a_slide(served, tmp_path):
    address, browser = served
    page = browser.new_page(viewport=PROJECTOR)
    page.goto(f"{address}/compare?runs=recorded-demo")
    button = page.locator(".st-key-tall-learning-curves .modebar-btn[data-title*='SVG']")
    button.wait_for(timeout=30 * SECONDS)
    with page.expect_download() as download:
        button.click()
    assert download.value.suggested_filename == "learning-curves-slide.svg"
    download.value.save_as(tmp_path / "slide.svg")
    text = (tmp_path / "slide.svg").read_text(encoding="utf-8")
    assert 'width="1600" height="900"' in text
    assert "IoU at π₁ = 2 %" in text
    assert "pool of 600, π₀ = 10 %" in text
    assert re.search(r"font-size: 4\dpx", text), "a title to be read from the last row"
