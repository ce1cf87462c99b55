"""The Runs page: many runs at once, found again, deleted and brought back."""

import shutil
import sqlite3

import pytest

from alcore.server.index import RunIndex
from alcore.server.manager import RunManager
from alcore.server.notebook import Merits
from alcore.ui.runs import run_card
from alcore.wording import as_plain_markdown
from tests.ui.helpers import open_page, texts


def test_chosen_runs_are_deleted_together_and_brought_back(finished_runs, home):
    one, three = finished_runs
    app = open_page("pages/runs.py")
    for run_id in finished_runs:
        app.checkbox(key=f"chosen-{run_id}").check().run()
    assert "2 runs chosen" in texts(app)
    app.button(key="delete_chosen").click().run()
    assert RunIndex(home).rows() == []
    assert "2 runs deleted" in texts(app)
    app.button(key="undo_delete").click().run()
    assert {row.id for row in RunIndex(home).rows()} == {one, three}
    assert (home / "runs" / one / "config.json").exists()


def test_runs_deleted_one_by_one_come_back_together(finished_runs, home):
    one, three = finished_runs
    app = open_page("pages/runs.py")
    popovers = [block.proto.popover.id for block in app.get("popover")]
    assert len(set(popovers)) == 2, "each run has its own, which closes with it"
    assert all(any(run_id in name for name in popovers) for run_id in finished_runs), popovers
    app.button(key=f"delete-{one}").click().run()
    assert "1 run deleted" in texts(app)
    app.button(key=f"delete-{three}").click().run()
    assert RunIndex(home).rows() == []
    assert "2 runs deleted" in texts(app)
    app.button(key="undo_delete").click().run()
    assert {row.id for row in RunIndex(home).rows()} == {one, three}
    assert "deleted" not in texts(app)


@pytest.mark.parametrize(
    ("best", "final", "words"),
    [
        ("core-set", 0.0, "no strategy finds defects at the end"),
        ("core-set,random", 0.0, "no strategy finds defects at the end"),
        ("entropy,random", 0.3, "equal at the end: entropy, random"),
        ("entropy", 0.3, "best at the end: entropy"),
    ],
)
def test_who_is_best_is_said_only_where_somebody_is(best, final, words):
    merits = Merits(1, 1, "synthetic", best, final, 0.2, float("nan"), 1.0, 10)
    assert run_card._in_words(merits).startswith(f"{words} · IoU {final:.3f}")


def test_a_run_that_was_asked_to_stop_says_so_at_once(finished_run, home, monkeypatch):
    app = open_page("pages/lab.py", run=finished_run)  # with the server, which takes no run for a going one
    with sqlite3.connect(home / "runs.sqlite") as index:
        index.execute("UPDATE run SET status = 'running'")
    monkeypatch.setattr(RunManager, "is_stopping", lambda *_: True)
    monkeypatch.setattr(RunManager, "_check_ours", lambda _: None)
    app.run()
    assert "stopping…" in app.get("progress")[0].proto.text
    assert all(app.button(key=f"{name}_button").disabled for name in ("stop", "pause", "step"))
    app.switch_page("pages/runs.py").run()
    assert "stopping…" in texts(app)


def test_figures_notes_tags_and_finding(finished_runs, home):
    one, _ = finished_runs
    app = open_page("pages/runs.py")
    app.run()
    assert "best at the end" in texts(app)
    app.text_area(key=f"note-{one}").set_value("for *Monday*")
    app.text_input(key=f"tags-{one}").set_value("paper")
    app.button(key=f"annotate-{one}").click().run()
    assert "for \\*Monday\\*" in texts(app)
    app.text_input(key="runs_find").set_value("paper").run()
    assert [box.key for box in app.checkbox] == [f"chosen-{one}"]
    app.text_input(key="runs_find").set_value("nowhere").run()
    assert "No run matches" in texts(app)
    app.text_input(key="runs_find").set_value("").run()
    app.selectbox(key="runs_order").set_value("name").run()
    assert not app.exception


def test_many_runs_come_in_sheets(finished_run, home, small_run):
    for number in range(24):
        shutil.copytree(small_run, home / "runs" / f"run-{number:02d}")
    RunIndex(home)
    app = open_page("pages/runs.py")
    assert len(app.checkbox) == 20
    app.number_input(key="runs_page").set_value(2).run()
    assert len(app.checkbox) == 5


def test_the_lab_says_that_a_run_is_there_already(finished_run, home):
    from alcore.ui.lab_link import link_of
    from alcore.ui.session import run_config
    from tests.ui.test_odd_links import open_link

    link = link_of(run_config(finished_run))
    assert link["pool"] == "80"
    app = open_link("pages/lab.py", **link)
    assert app.number_input(key="pool").value == 80
    assert app.select_slider(key="pi0").value == 0.2
    assert app.number_input(key="query").value == 6


def test_settings_of_another_run_are_distinguished_from_the_shown_one_too(finished_runs, home, monkeypatch):
    shown, other = finished_runs
    same = [row for row in RunIndex(home).rows() if row.id == other]
    monkeypatch.setattr(RunIndex, "find", lambda *_: same)
    app = open_page("pages/lab.py", run=shown, pi0="30 %")
    said = texts(app)
    assert "Settings changed: curves show π₀ = 20 %" in said
    assert f"You already have this run: *{as_plain_markdown(same[0].name)}*" in said
    app.button(key="show_known").click().run()
    assert app.query_params["run"] == other
