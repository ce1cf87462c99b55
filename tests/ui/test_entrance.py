"""A link that ends while a page is open: no part of the page answers any more, by itself or as a whole."""

from dataclasses import replace

import pytest
import streamlit as st
from streamlit.testing.v1 import local_script_runner

from alcore.access.invitations import make_token, read_token, withdraw_all
from alcore.access.roles import Role
from alcore.errors import AccessError
from alcore.server.import_queue import ImportJob
from alcore.study.plan import make_study
from alcore.study.study_store import StudyStore
from alcore.ui import downloads
from alcore.ui.data import import_jobs
from alcore.ui.lab import game
from tests.conftest import SMALL
from tests.ui.helpers import open_page, texts

PARTS = {
    "lab": ("pages/lab.py", {}, {"alcore.ui.lab.run_controls", "alcore.ui.lab.game"}),
    "seat": ("pages/lab.py", {"seat": "1"}, {"alcore.ui.lab.game"}),
    "why": ("pages/samples.py", {"samples_view": "Why this one?"}, {"alcore.ui.samples.why"}),
    "learning": (
        "pages/samples.py",
        {"samples_view": "Watch the model learn"},
        {"alcore.ui.samples.learning_view"},
    ),
    "compare": ("pages/compare.py", {}, {"alcore.ui.rerun"}),
    "imports": ("pages/data.py", {"data_view": "Import"}, {"alcore.ui.rerun"}),
    "study": ("pages/study.py", {"study": "grid", "study_view": "Progress"}, {"alcore.ui.rerun"}),
    "runs": ("pages/runs.py", {}, {"alcore.ui.runs.run_list"}),
}
"""Pages with their address, and the modules whose fragments they draw."""


@pytest.fixture
def furnished(finished_run, home, monkeypatch):
    """A lab whose pages have every live part: a run that people play, a study, an import."""
    monkeypatch.setenv("ALCORE_ADMISSION", "lab")
    monkeypatch.setattr(game, "asks_people", lambda _: True)
    StudyStore.create(home / "studies" / "grid", make_study({"base": SMALL}))
    import_jobs.import_queue().jobs.append(ImportJob(name="tiles", folder=home, state="failed"))
    return home


def draw_parts(app, monkeypatch):
    """Draw the fragments of an open page alone, as a browser's clock does; the modules that made them."""
    parts = app._fragment_storage._fragments
    modules = {
        cell.cell_contents.__module__
        for part in parts.values()
        for name, cell in zip(part.__code__.co_freevars, part.__closure__, strict=True)
        if name == "non_optional_func"
    }
    start = local_script_runner.LocalScriptRunner.start

    def start_with_parts(runner):
        waiting = runner._requests._rerun_data  # of the whole page, as AppTest always asks for
        runner._requests._rerun_data = replace(waiting, fragment_id_queue=list(parts))
        start(runner)

    with monkeypatch.context() as patched:
        patched.setattr(local_script_runner.LocalScriptRunner, "start", start_with_parts)
        app.run()
    return modules


@pytest.mark.parametrize("name", PARTS)
def test_no_live_part_answers_once_the_link_has_ended(furnished, monkeypatch, name):
    path, address, modules = PARTS[name]
    role = Role.SEAT if name == "seat" else Role.VIEWER
    app = open_page(path, token=make_token(furnished, role, hours=1, name="vi"), run="demo-run", **address)
    assert draw_parts(app, monkeypatch) >= modules
    assert "withdrawn" not in texts(app)
    withdraw_all(furnished)
    assert draw_parts(app, monkeypatch) >= modules
    assert not app.exception
    assert "withdrawn" in texts(app)
    assert not [*app.button, *app.text_input, *app.get("imgs"), *app.get("progress"), *app.get("slider")]
    assert not app._fragment_storage._fragments, "nothing is left that could tick"


def test_the_link_for_seats_is_renewed_when_all_links_were_withdrawn(home):
    before = game._seat_token("a-run")
    assert game._seat_token("a-run") == before
    withdraw_all(home)
    after = game._seat_token("a-run")
    assert read_token(home, after).role == Role.SEAT
    assert game._seat_token("a-run") == after


def test_a_file_is_made_only_for_those_who_may_still_look(home, monkeypatch):
    monkeypatch.setenv("ALCORE_ADMISSION", "lab")
    monkeypatch.setattr(st, "query_params", {"token": make_token(home, Role.VIEWER, hours=1)})
    made = []
    monkeypatch.setattr(st, "download_button", lambda _, make, **__: made.append(make))
    downloads.save_button("CSV", lambda: "1,2", "a.csv", "text/csv")
    monkeypatch.setattr(st, "query_params", {})
    assert made[0]() == "1,2"
    withdraw_all(home)
    with pytest.raises(AccessError, match="withdrawn"):
        made[0]()
