"""The audience plays against the machine: clicked candidates, votes from phones, a server that is killed.

One test for all of it: a room's evening, with two servers, is what takes the time.
"""

import re

from playwright.sync_api import expect

from alcore.compute.rounds import chosen_in
from alcore.experiment.cycle_key import CycleKey
from alcore.storage.run_records import RunRecords
from alcore.storage.run_store import RunStore
from tests.dashboard import FROM_SCRATCH, SECONDS, run_button, serving
from tests.following import wait_for

PROJECTOR, PHONE = {"width": 1280, "height": 720}, {"width": 390, "height": 844}
LINK = f"/?{FROM_SCRATCH}&pool=100&query=6&cycles=3&steps=2&strategies=random&strategies=you"


def candidates(page):
    return page.locator(".ballot button")


def tap(page, *positions):
    """Click candidates; their ids."""
    found = []
    for position in positions:
        button = candidates(page).nth(position)
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
        found.append(int(button.get_attribute("data-item")))
    return found


def the_round(page, query):
    expect(page.get_by_text(f"Your turn, query {query}:")).to_be_visible(timeout=60 * SECONDS)
    expect(candidates(page)).to_have_count(48)


def test_a_room_plays_from_several_seats_a_killed_server_goes_on_and_time_runs_out(tmp_path, browser):
    home = tmp_path / "home"
    with serving(home) as (address, server):
        page = browser.new_page(viewport=PROJECTOR)
        page.goto(address + LINK)
        expect(run_button(page)).to_be_enabled()
        run_button(page).click()
        the_round(page, 2)
        run_id = re.search("run=([^&]*)", page.url)[1]
        page.get_by_role("button", name="Seats").click()
        expect(page.get_by_alt_text("QR code of the link for seats")).to_be_visible()
        page.keyboard.press("Escape")

        mine = tap(page, 0, 1)
        seats = [browser.new_page(viewport=PHONE) for _ in range(4)]
        for seat in seats:
            seat.goto(f"{address}/?seat=1&run={run_id}")
            expect(candidates(seat)).to_have_count(48)
            expect(seat.get_by_role("button", name="Run")).to_have_count(0)
            expect(seat.get_by_role("link", name="Runs")).to_have_count(0)
        theirs, *_ = [tap(seat, 1, 5) for seat in seats]
        expect(page.get_by_text("5 seats voted")).to_be_visible()
        expect(candidates(page).nth(1).locator("b")).to_have_text("5")
        page.get_by_role("button", name="Label these 3").click()
        expect(page.locator(".st-key-picks").get_by_text("of 6 defective").first).to_be_visible()
        store = RunStore(home / "runs" / run_id)
        wait_for(lambda: chosen_in(store, CycleKey(1, 2, "you")) is not None, "the round to be closed")
        assert chosen_in(store, CycleKey(1, 2, "you")).tolist() == [mine[1], theirs[1], mine[0]]
        the_round(page, 3)
        server.kill()
        server.wait(20)

    with serving(home) as (address, _):
        page = browser.new_page(viewport=PROJECTOR)
        page.goto(f"{address}/?run={run_id}")
        resume = page.get_by_role("button", name="Resume")
        wait_for(lambda: resume.count() or page.get_by_text("Your turn, query 3:").count(), "the run", 60)
        if resume.count():
            resume.click()
        the_round(page, 3)
        last = tap(page, 7)
        page.get_by_role("radio", name="30 s").click()
        expect(
            page.get_by_text(re.compile(r"0:\d\d left; random picks fill the remaining places"))
        ).to_be_visible()
        expect(page.get_by_role("button", name="Replay")).to_be_visible(timeout=90 * SECONDS)
        records = RunRecords(RunStore(home / "runs" / run_id))
        assert records[CycleKey(1, 2, "you")].items[:3].tolist() == [mine[1], theirs[1], mine[0]]
        assert records[CycleKey(1, 3, "you")].items[:1].tolist() == last
        page.get_by_role("button", name="Replay").click()
        expect(page.locator(".player-picks").get_by_text("you")).to_be_visible()
