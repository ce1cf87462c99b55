"""What is seen without scrolling, what stays in its place, and what hands on a keyboard and Back can do."""

import re
import shutil

import pytest
from playwright.sync_api import expect

from alcore.server.index import RunIndex
from tests.dashboard import FROM_SCRATCH, LITTLE_FROM_SCRATCH, SECONDS, fewest_points, run_button
from tests.following import wait_for
from tests.ui.browser.conftest import PROJECTOR

SLOW_RUN = f"/?{FROM_SCRATCH}&pool=200&query=6&cycles=30&steps=12"
SMALL_RUN = f"/?{LITTLE_FROM_SCRATCH}&pool=300&query=6&cycles=45&steps=4"
HIGHEST_MARK = """chart => {
  const plot = chart.querySelector(".nsewdrag").getBoundingClientRect();
  const marks = [...chart.querySelectorAll(".scatterlayer .point")];
  return (Math.min(...marks.map((mark) => mark.getBoundingClientRect().top)) - plot.top) / plot.height;
}"""
"""How far below the plot's top its highest point is, as a share of the plot's height."""
PARTS = ("next_run", "shown_run", "stage", "picks")
"""Keys of the Lab's rows, in their order."""


def start(page, link):
    page.goto(link)
    expect(run_button(page)).to_be_enabled()
    run_button(page).click()
    expect(page).to_have_url(re.compile("run="))


def has_points(page, at_least=1):
    wait_for(lambda: fewest_points(page) >= at_least, f"curves of {at_least} points")


def places(page):
    return {part: page.locator(f".st-key-{part}").bounding_box() for part in PARTS}


def expect_in_sight(locator, what):
    def is_in_sight():
        box = locator.bounding_box()  # None for a moment of redrawing
        return box and box["y"] >= 0 and box["y"] + box["height"] <= PROJECTOR["height"]

    expect(locator).to_be_visible()
    wait_for(is_in_sight, f"{what} above the fold", 10)


def no_more_scrolled(page):
    return page.get_by_test_id("stMain").evaluate("element => element.scrollTop") == 0


def test_all_of_a_run_is_on_one_screen_and_nothing_moves_when_data_arrive(own):
    address, page = own
    start(page, address + SLOW_RUN)
    page.locator(".st-key-picks img").nth(2).wait_for(state="attached", timeout=30 * SECONDS)
    page.locator(".st-key-curves .js-plotly-plot").wait_for(timeout=30 * SECONDS)
    empty = places(page)
    has_points(page)
    page.locator(".st-key-picks img[alt*='chosen first']").nth(2).wait_for(timeout=20 * SECONDS)
    assert places(page) == empty
    for part in PARTS:
        expect_in_sight(page.locator(f".st-key-{part}"), part)
    expect(page.locator(".st-key-picks img")).to_have_count(3)  # one image for each strategy
    has_points(page, 3)
    assert page.locator(".st-key-curves").evaluate(HIGHEST_MARK) < 2 / 3
    assert no_more_scrolled(page)

    for link, part in (
        ("Compare", ".st-key-tall-learning-curves .js-plotly-plot"),
        ("Samples", "[data-testid=stImage] img >> nth=0"),
        ("Study", ".st-key-map-entropy .js-plotly-plot"),
    ):
        page.get_by_role("link", name=link).click()
        expect_in_sight(page.locator(part), link)
        assert no_more_scrolled(page)
        expect(page.get_by_role("heading", level=1)).to_have_text([link])


def test_step_stays_under_the_pointer_while_pause_becomes_continue(own):
    address, page = own
    start(page, address + SMALL_RUN)
    has_points(page)
    page.evaluate(
        """() => {
          window.lefts = new Set();
          const look = () => {
            const button = document.querySelector(".st-key-step_button button");
            window.lefts.add(button ? Math.round(button.getBoundingClientRect().left) : "gone");
            requestAnimationFrame(look);
          };
          look();
        }"""
    )
    for pressed, then in (("Pause", "Continue"), ("Continue", "Pause"), ("Pause", "Continue")):
        page.get_by_role("button", name=pressed).click()
        expect(page.get_by_role("button", name=then)).to_be_enabled()
    page.wait_for_timeout(500)  # what is redrawn has gone by then
    assert page.evaluate("window.lefts.size") == 1


def test_a_queued_run_waits_in_sight_and_can_be_let_past(own):
    address, page = own
    start(page, address + SMALL_RUN)
    shown = page.url
    has_points(page)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".st-key-progress").get_by_text("paused in")).to_be_visible()
    page.locator(".st-key-pi0").get_by_role("slider").press("ArrowRight")
    expect(page.get_by_text("Settings changed: curves show π₀ = 10 %")).to_be_visible()
    expect(run_button(page)).to_have_text(re.compile("Queue next run"))
    run_button(page).click()
    expect(page.get_by_text("1 run waiting for the shown run, which is paused")).to_be_visible()
    assert re.search("run=([^&]*)", page.url)[1] == re.search("run=([^&]*)", shown)[1], "the view is kept"

    page.get_by_role("button", name="Stop it and start mine").click()
    expect(page.get_by_text(re.compile("Shown: little, π₀ 12 %"))).to_be_visible()
    expect(page.get_by_text("waiting for")).to_have_count(0)
    page.go_back()
    expect(page.get_by_text(re.compile("Shown: little, π₀ 10 %"))).to_be_visible()
    expect(page.get_by_role("button", name="Show it")).to_be_visible()


def test_the_keyboard_alone_leads_from_the_start_to_a_finished_run(own):
    address, page = own
    page.goto(f"{address}/?{FROM_SCRATCH}&pool=100&query=6&cycles=2&steps=2&strategies=random")
    expect(run_button(page)).to_be_enabled()
    for _ in range(80):
        page.keyboard.press("Tab")
        if (
            page.evaluate("document.activeElement.innerText.includes('Run')")
            and page.evaluate("document.activeElement.tagName") == "BUTTON"
        ):
            break
    page.keyboard.press("Enter")
    finished = page.locator(".st-key-progress").get_by_text("2 of 2 cycles finished (1 strategy)")
    expect(finished).to_be_visible(timeout=90 * SECONDS)
    expect(page.get_by_role("status").filter(has_text="2 of 2 cycles finished")).to_have_count(1)


def test_back_takes_one_press_from_every_page(served, server_home, small_run):
    address, browser = served
    if not (server_home / "runs" / "demo-run").exists():
        shutil.copytree(small_run, server_home / "runs" / "demo-run")
        RunIndex(server_home)  # a list that is opened takes in what lies there
    page = browser.new_page(viewport=PROJECTOR)
    page.goto(f"{address}/?run=demo-run")
    expect(page.get_by_text("Shown: demo-run")).to_be_visible()
    for name, path in (
        ("Samples", "/samples?run="),
        ("Compare", "/compare?runs="),
        ("Study", "/study?study="),
    ):
        page.get_by_role("link", name=name).click()
        expect(page).to_have_url(re.compile(re.escape(path)))
        page.go_back()
        expect(page.get_by_text("Shown: demo-run")).to_be_visible()


CONTRASTS = """() => {
  const light = (color) => {
    const [r, g, b] = color.match(/[0-9.]+/g).map((one) => one / 255)
      .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = light(getComputedStyle(document.querySelector(".stApp")).backgroundColor);
  const along = ".js-plotly-plot :is(.xtick, .ytick, .cbaxis, .g-xtitle, .g-ytitle, .annotation) text";
  return [...document.querySelectorAll(along)].map((text) => {
    const [low, high] = [light(getComputedStyle(text).fill), ground].sort((one, other) => one - other);
    return (high + 0.05) / (low + 0.05);
  });
}"""
"""Of the text along and between all axes against the page, by WCAG 2."""


@pytest.mark.parametrize("colors", ["light", "dark"])
@pytest.mark.parametrize("path", ["study", "compare?runs=recorded-demo&view=Gain", "data?data_view=Line"])
def test_what_axes_say_is_not_pale(served, path, colors):
    address, browser = served
    page = browser.new_context(viewport=PROJECTOR, color_scheme=colors).new_page()
    page.goto(f"{address}/{path}")
    wait_for(lambda: page.evaluate(CONTRASTS), "a chart with axes")
    page.wait_for_timeout(500)  # until its colours are the page's
    assert min(page.evaluate(CONTRASTS)) >= 4.5


def test_a_link_names_a_strategy_as_it_was_once_called(served):
    address, browser = served
    page = browser.new_page(viewport=PROJECTOR)
    page.goto(f"{address}/?strategies=random&strategies=bald")
    chosen = page.locator(".st-key-strategies").get_by_role("button", name="tta-disagreement")
    expect(chosen).to_have_attribute("aria-pressed", "true")
    expect(page).to_have_url(re.compile("strategies=random&strategies=tta-disagreement"))


@pytest.mark.parametrize("written", ["0.01", "1 %", "1%25"])
def test_a_link_says_a_prevalence_as_a_number_or_in_percent(served, written):
    address, browser = served
    page = browser.new_page(viewport=PROJECTOR)
    page.goto(f"{address}/?pi0={written}")
    expect(page.locator(".st-key-pi0").get_by_text("1 %", exact=True).first).to_be_visible()
    expect(page).to_have_url(re.compile(r"pi0=1(\+|%20)%25"))
