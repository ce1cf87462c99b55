"""A slider is dragged, and curves follow it."""

import shutil

import pytest
from playwright.sync_api import expect

from alcore.config import HYPERCOLUMN
from tests.dashboard import LITTLE, serving
from tests.following import wait_for

SMALL_RUN = (
    f"/?data={LITTLE}&net={HYPERCOLUMN}&encoder=tu-test_efficientnet&weights=none"
    "&pool=60&query=6&cycles=3&steps=3"
)


@pytest.fixture(scope="module")
def new_server(tmp_path_factory, little_home):
    """A server that has no run yet, so that the recorded one is shown at first."""
    home = tmp_path_factory.mktemp("play") / "home"
    shutil.copytree(little_home, home)
    with serving(home) as (address, _):
        yield address, home


def traces(page, kind):
    """How many points each curve has: new ones, or earlier ones, which are pale."""
    which = ".trace[class*='earlier']" if kind == "earlier" else ".trace:not([class*='earlier']):has(.point)"
    found = page.locator(f".st-key-curves .scatterlayer {which}")
    return found.evaluate_all("all => all.map((one) => one.querySelectorAll('.point').length)")


def test_curves_follow_a_slider_that_is_dragged_and_nothing_jumps(new_server, browser):
    address, home = new_server
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto(address + SMALL_RUN)
    expect(page.get_by_text("Pool 60 · 6 defective")).to_be_visible()
    slider = page.locator(".st-key-pi0").get_by_role("slider")
    slider.press("ArrowRight")
    wait_for(lambda: traces(page, "new") == [3, 3, 3], "the first live run", 240)  # it loads PyTorch
    first = live_runs(home)
    chart = page.locator(".st-key-curves .js-plotly-plot")
    plot = chart.element_handle()
    place, top = chart.bounding_box(), y_top(plot)

    slider.press("ArrowRight")
    slider.press("ArrowRight")
    wait_for(lambda: len(traces(page, "earlier")) == 3, "the curves before to turn pale")
    assert (chart.bounding_box(), y_top(plot) >= top) == (place, True)
    wait_for(lambda: traces(page, "new") == [3, 3, 3] and traces(page, "earlier") == [], "the curves after")
    assert plot.evaluate("plot => plot.isConnected"), "the same chart goes on"
    assert y_top(plot) >= top
    wait_for(lambda: len(live_runs(home)) == 1 and live_runs(home) != first, "the first run to be removed")
    assert not list((home / "runs").iterdir())

    page.get_by_role("button", name="Keep").click()
    expect(page.locator(".st-key-progress").get_by_text("Shown:")).to_be_visible()
    assert (len(list((home / "runs").iterdir())), live_runs(home)) == (1, [])
    assert traces(page, "new") == [3, 3, 3]


def y_top(plot):
    return plot.evaluate("plot => plot._fullLayout.yaxis.range[1]")


def live_runs(home):
    return sorted(path.name for path in (home / "live").iterdir())
