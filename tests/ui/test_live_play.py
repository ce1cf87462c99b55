"""Controls that are played: which of them start a run, which run that is, and what becomes of it."""

import shutil

import pandas as pd
import pytest

from alcore.compute.events import Ended
from alcore.config import HYPERCOLUMN, make_config
from alcore.server.index import RunIndex
from alcore.server.spare import SpareWorker
from alcore.ui import session
from alcore.ui.lab import live_play, sidebar
from tests.conftest import SMALL
from tests.following import wait_for
from tests.ui.helpers import open_page, texts

PLAYED = make_config(
    SMALL
    | {"pool_prevalence": 0.1}
    | {"model": {"architecture": HYPERCOLUMN, "encoder": "tu-test_efficientnet", "freeze_encoder": True}}
)
"""What the controls say at first."""


@pytest.fixture
def computed_at_once(monkeypatch, small_run):
    """Runs that are there at once: whatever is asked for, its records are those of the small run."""

    class AtOnce:
        def run(self, directory, on_event, *, is_live=False):
            shutil.copytree(small_run / "records", directory / "records", dirs_exist_ok=True)
            on_event(Ended("finished"))

        def say(self, command):
            pass

        kill = say

    for module in (sidebar, live_play):
        monkeypatch.setattr(module, "load_config", lambda _: PLAYED)
    monkeypatch.setattr(SpareWorker, "take", lambda _: AtOnce())
    monkeypatch.setattr(SpareWorker, "keep", lambda *_, **__: None)


def live_rows():
    return session.manager().live.rows()


def moved(app, to, key="pi0"):
    app.select_slider(key=key).set_value(to).run()
    assert not app.exception, app.exception
    return app


def played(app, to):
    """Move π₀, and draw the page again once its run is there."""
    moved(app, to)
    wait_for(lambda: [row.status for row in live_rows()] == ["finished"], "the live run")
    return app.run()


def open_lab():
    return open_page("pages/lab.py")


def test_a_control_that_is_moved_plays_its_run_and_keep_makes_it_one_that_stays(home, computed_at_once):
    app = open_lab()
    assert (live_rows(), app.toggle(key="live").value) == ([], True)
    played(app, 0.2)
    assert "**Live:** curves follow the controls" in texts(app)
    assert RunIndex(home).rows() == []
    first = live_rows()[0].id
    assert session.run_config(first).pool_prevalence == 0.2
    played(app, 0.3)
    assert [session.run_config(row.id).pool_prevalence for row in live_rows()] == [0.3]
    app.button(key="keep_button").click().run()
    rows = RunIndex(home).rows()
    assert [row.status for row in rows] == ["finished"]
    assert (app.query_params["run"], live_rows()) == (rows[0].id, [])
    assert "the same settings as the shown run" in texts(app)
    assert len(session.run_store(rows[0].id).committed()) == 9


def test_run_keeps_the_live_run_of_the_same_settings(home, computed_at_once):
    app = played(open_lab(), 0.2)
    name = live_rows()[0].id.removeprefix("live-")
    app.button(key="run_button").click().run()
    assert [row.id for row in RunIndex(home).rows()] == [name]


def test_what_changes_no_model_starts_nothing(home, computed_at_once):
    app = moved(open_lab(), 0.05, key="pi1")
    app.run()
    assert live_rows() == []
    app = played(app, 0.2)
    moved(app, 0.01, key="pi1")
    assert len(live_rows()) == 1


def test_off_means_off_and_on_plays_what_the_controls_say(home, computed_at_once):
    app = open_lab()
    app.toggle(key="live").set_value(False).run()
    moved(app, 0.2)
    assert live_rows() == []
    app.toggle(key="live").set_value(True).run()
    wait_for(lambda: [row.status for row in live_rows()] == ["finished"], "the live run")


def test_a_network_that_takes_minutes_is_not_played(home, computed_at_once):
    app = open_lab()
    app.selectbox(key="net").set_value("unet").run()
    assert app.toggle(key="live").disabled
    moved(app, 0.2)
    assert live_rows() == []


def test_another_run_in_the_address_is_shown_and_not_the_live_one(finished_run, computed_at_once):
    app = played(open_lab(), 0.2)
    assert "**Live:**" in texts(app)
    app.query_params["run"] = finished_run
    app.run()
    assert "**Live:**" not in texts(app)


def test_what_was_shown_stays_until_the_next_run_has_come_as_far():
    frame = make_frame({"random": (1, 2, 3), "entropy": (1, 2, 3)}, defective=True)
    earlier = live_play.Earlier(selections=frame)
    found = live_play.with_earlier(make_frame({"random": (1, 2)}, defective=False), earlier)
    kept = {(row.strategy, row.cycle) for row in found[found["defective"]].itertuples()}
    assert kept == {("random", 3), ("entropy", 1), ("entropy", 2), ("entropy", 3)}
    assert len(live_play.with_earlier(frame.iloc[:0], earlier)) == len(frame)


def make_frame(cycles, *, defective):
    rows = [(name, cycle, defective) for name, some in cycles.items() for cycle in some]
    return pd.DataFrame(rows, columns=["strategy", "cycle", "defective"])
