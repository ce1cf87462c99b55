"""The first ten seconds, the film of a finished run, and the scenes about recorded ones."""

import re
import shutil

import pytest
from playwright.sync_api import expect

from alcore.presentation.scenes import scenes
from alcore.server.index import RunIndex
from tests.dashboard import SECONDS, run_button, serving
from tests.following import wait_for

PROJECTOR = {"width": 1280, "height": 720}


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """A server with nothing in its home."""
    with serving(tmp_path_factory.mktemp("fresh")) as (address, _):
        yield address


def points(page):
    """How many points of all curves are drawn."""
    return page.locator(".player-charts [data-part=curves] .scatterlayer .point").count()


def where(page):
    """Where the film stands; '' while one film gives way to another."""
    films = page.locator('[data-part="where"]').all_inner_texts()
    return films[0] if len(films) == 1 else ""


def test_a_fresh_install_plays_by_itself_and_offers_to_run_it(fresh, browser):
    page = browser.new_page(viewport=PROJECTOR)
    page.goto(fresh)
    expect(page.get_by_text("Shown: recorded: demo")).to_be_visible()
    wait_for(lambda: points(page) > 3, "curves that move without a click", 20)
    expect(page.locator(".player-said")).to_contain_text(re.compile(r"Query \d: .* of 24 defective"))
    expect(page.locator(".player-picks img")).to_have_count(3)
    bottom = page.locator(".player-picks").bounding_box()
    assert bottom["y"] + bottom["height"] <= PROJECTOR["height"], "all of it is above the fold"
    page.get_by_role("button", name="16×").click()
    expect(page.get_by_role("button", name="↻ Again")).to_be_visible()
    wait_for(lambda: points(page) == 3 * 8, "all points of the film")
    scrub = page.get_by_role("slider", name="Cycle", exact=True)
    scrub.press("Home")
    expect(page.locator('[data-part="where"]')).to_have_text("cycle 1 of 8 · 24 labelled")
    wait_for(lambda: points(page) == 3, "the points of the first cycle alone")
    expect(run_button(page)).to_have_text(re.compile("Run it live"))


def test_nothing_plays_by_itself_where_motion_is_unwelcome(fresh, browser):
    page = browser.new_context(viewport=PROJECTOR, reduced_motion="reduce").new_page()
    page.goto(fresh)
    expect(page.locator('[data-part="where"]')).to_have_text("cycle 8 of 8 · 192 labelled")
    expect(page.get_by_role("button", name="↻ Again")).to_be_visible()
    wait_for(lambda: points(page) == 3 * 8, "all points at once")


def test_a_finished_run_is_played_again_and_paused(served, server_home, small_run):
    address, browser = served
    if not (server_home / "runs" / "demo-run").exists():
        shutil.copytree(small_run, server_home / "runs" / "demo-run")
    RunIndex(server_home)
    page = browser.new_page(viewport=PROJECTOR)
    page.goto(f"{address}/?run=demo-run")
    page.get_by_role("button", name="Replay").click(timeout=30 * SECONDS)
    page.get_by_role("button", name="❚❚ Pause").click(timeout=30 * SECONDS)
    expect(page).to_have_url(re.compile("replay=1"))
    stood = where(page)
    page.wait_for_timeout(2500)
    assert where(page) == stood
    page.get_by_role("button", name="▶ Play").click()
    expect(page.locator('[data-part="where"]')).to_contain_text("cycle 3 of 3")
    page.get_by_role("button", name="Leave replay").click()
    expect(page.locator(".player")).to_have_count(0)
    expect(page.locator(".st-key-curves .js-plotly-plot")).to_be_visible()


def test_each_scene_opens_plays_asks_and_answers(fresh, browser):
    page = browser.new_page(viewport=PROJECTOR)
    page.goto(fresh)
    page.get_by_role("button", name="Scenes").click(timeout=30 * SECONDS)
    page.get_by_text(next(iter(scenes().values())).title).click()
    for scene in scenes().values():
        expect(page.get_by_text(f"{scene.order} of 6 · {scene.title}")).to_be_visible()
        wait_for(lambda: where(page) != "", "the scene's own film", 20)
        page.get_by_role("button", name="16×").click()
        wait_for(lambda asked=scene.asks_after: where(page).startswith(f"cycle {asked} "), "the question", 20)
        page.wait_for_timeout(900)
        assert where(page).startswith(f"cycle {scene.asks_after} "), "the film waits for the answer"
        pool = page.locator(".st-key-pi0").inner_text()
        assert {"demo": "10 %", "rich": "50 %", "rare": "1 %"}[scene.run] in pool, "the controls say it too"
        page.get_by_role("button", name="Show the answer").click()
        wait_for(lambda: where(page).startswith("cycle 8 "), "the rest of the film", 20)
        expect(page.locator(".st-key-scene_terms").get_by_text(next(iter(scene.terms)))).to_be_visible()
        if scene.order < 6:
            page.get_by_role("button", name="Next scene").click()
    expect(page.get_by_role("button", name="Next scene")).to_be_disabled()
    page.get_by_role("button", name="Leave").click()
    expect(run_button(page)).to_be_visible()
    assert "scene=" not in page.url
