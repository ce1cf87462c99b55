"""What the server lets whom do, whatever a page offers: every action through its one door, with each role."""

import ast
import inspect
import json
import re
import sqlite3
from types import SimpleNamespace

import pytest
import streamlit as st

from alcore.access.invitations import make_token
from alcore.access.roles import LOCAL, MAY, MAY_TO_OWN, WITHOUT_OWNER, Action, Role, Visitor
from alcore.config import make_config
from alcore.data.collection import make_surfaces
from alcore.data.importing.import_events import ImportEnded
from alcore.data.synthetic import SurfaceSettings
from alcore.errors import AccessError, LimitError
from alcore.experiment.cycle_key import CycleKey
from alcore.home import PACKAGE
from alcore.server.import_queue import ImportJob
from alcore.server.index import RunIndex
from alcore.server.meter_queue import MeterJob
from alcore.server.votes import Votes
from alcore.study.plan import make_study
from alcore.study.study_store import StudyStore
from alcore.ui import acting, acting_on_data
from alcore.ui.data import import_jobs
from tests.conftest import SMALL
from tests.ui.helpers import open_page, texts

VISITORS = [
    Visitor("ada", Role.OWNER),
    Visitor("ben", Role.MEMBER),
    Visitor("cy", Role.MEMBER),
    Visitor("cy", Role.VIEWER),
    Visitor("cy", Role.SEAT),
    None,
]
RUN, OWNER = "a-run", "cy"
CALLS = {
    "start_run": (Action.START_RUN, lambda home: (make_config(SMALL),)),
    "start_live": (Action.START_RUN, lambda home: (make_config(SMALL), "tab")),
    "keep_live": (Action.COMMAND_RUN, lambda home: (RUN,)),
    "command_run": (Action.COMMAND_RUN, lambda home: (RUN, "stop")),
    "resume_run": (Action.COMMAND_RUN, lambda home: (RUN,)),
    "delete_run": (Action.DELETE_RUN, lambda home: (RUN,)),
    "undo_delete": (Action.DELETE_RUN, lambda home: (RUN,)),
    "annotate_run": (Action.ANNOTATE_RUN, lambda home: (RUN, "note", "tags")),
    "rename_run": (Action.ANNOTATE_RUN, lambda home: (RUN, "name")),
    "close_round": (Action.COMMAND_RUN, lambda home: (RUN, CycleKey(1, 2, "you"), [])),
    "request_ceiling": (Action.REQUEST_CEILING, lambda home: (RUN,)),
    "score_images": (Action.SCORE_IMAGES, lambda home: (Queue(), RUN, "entropy", None, 5)),
    "cancel_scoring": (Action.COMMAND_UPLOAD, lambda home: (Queue(), metered(home))),
    "start_study": (Action.START_STUDY, lambda home: ("new", make_study({"base": SMALL}), "local")),
    "go_on_with_study": (Action.COMMAND_STUDY, lambda home: (study(home), make_study({"base": SMALL}))),
    "pause_study": (Action.COMMAND_STUDY, lambda home: (study(home),)),
    "measure_study": (Action.ESTIMATE_STUDY, lambda home: (make_study({"base": SMALL}),)),
    "import_data": (Action.IMPORT_DATA, lambda home: (Queue(), "tiles", None, 5, [])),
    "keep_import": (Action.COMMAND_UPLOAD, lambda home: (Queue(), imported(home))),
    "cancel_import": (Action.COMMAND_UPLOAD, lambda home: (Queue(), imported(home))),
    "make_pool": (Action.MAKE_DATA, lambda home: ("made", None, None)),
    "note_data": (Action.ANNOTATE_DATA, lambda home: ("tiles", "source", "licence", "note")),
    "rename_data": (Action.ANNOTATE_DATA, lambda home: ("tiles", "other")),
    "make_data": (Action.MAKE_DATA, lambda home: ("made", None)),
    "delete_data": (Action.DELETE_DATA, lambda home: ("tiles",)),
    "remove_features": (Action.DELETE_DATA, lambda home: ("tiles", "store")),
    "bring_in_logs": (Action.IMPORT_LOGS, lambda home: ([], "logs", [], 5)),
}
"""Every function of `ACTING` that changes something, its action, and arguments about what is cy's."""
ACTING = (acting, acting_on_data)

DONE: list[str] = []


def metered(home):
    return MeterJob(run_id=RUN, strategy="entropy", folder=home, owner=OWNER)


def imported(home, state="running"):
    ended = ImportEnded("finished", "", patches=5, defective=2) if state == "previewed" else None
    return ImportJob(name="tiles", folder=home, owner=OWNER, state=state, ended=ended)


class Queue:
    def __getattr__(self, name):
        return lambda *_, **__: DONE.append(name)


class Store:
    def __init__(self, *_):
        pass

    def ledger(self):
        return self

    def notes(self):
        return {"owner": OWNER}

    def is_being_run(self):
        return False

    def ask_to_stop(self):
        DONE.append("pause")


def study(home):
    return home / "studies" / "grid"


class Manager:
    def __init__(self, index):
        self.index = self
        self.rows, self.owner_of = index.rows, index.owner_of
        self.live = self
        self.get = lambda _: None  # no run is a live one

    def __getattr__(self, name):
        return lambda *_, **__: DONE.append(name)


@pytest.fixture
def doors(home, monkeypatch):
    """All that they call, replaced by what only notes that it was called."""
    DONE.clear()
    index = RunIndex(home)
    index.add(RUN, "run", "finished", owner=OWNER)
    monkeypatch.setattr(acting, "manager", lambda: Manager(index))
    monkeypatch.setattr(acting, "StudyStore", Store)
    monkeypatch.setattr(acting.rounds, "close_round", lambda *_: DONE.append("close_round"))
    for name in ("run_records", "run_dataset"):
        monkeypatch.setattr(acting, name, lambda _: None)
    monkeypatch.setattr(
        acting, "run_store", lambda _: SimpleNamespace(directory=home, config=make_config(SMALL))
    )
    of_data = (
        "delete_dataset",
        "make_surfaces",
        "write_pool",
        "note_about",
        "rename_dataset",
        "remove_store",
    )
    replaced = {acting: ("launch", "measure_plan"), acting_on_data: ("import_logs", *of_data)}
    for module, names in replaced.items():
        for name in names:
            monkeypatch.setattr(module, name, lambda *_, name=name, **__: DONE.append(name))
    return home


def test_every_way_to_change_something_is_in_the_table():
    own = {
        name
        for module in ACTING
        for name, one in inspect.getmembers(module, inspect.isfunction)
        if one.__module__ == module.__name__ and not name.startswith("_")
    }
    assert own - {"do", "owner_of_study", "vote"} == set(CALLS)
    assert {action for action, _ in CALLS.values()} == set(Action) - {
        Action.LOOK,
        Action.VOTE,
        Action.IMPORT_RUN,
    }


def test_every_action_asks_whose_the_thing_is_or_says_why_not():
    asked = MAY_TO_OWN[Role.MEMBER]
    assert asked | set(WITHOUT_OWNER) == set(Action)
    assert not asked & set(WITHOUT_OWNER)
    nodes = [node for module in ACTING for node in ast.walk(ast.parse(inspect.getsource(module)))]
    doors = [node for node in nodes if isinstance(node, ast.Call) and ast.unparse(node.func) == "do"]
    assert len(doors) > 15
    for call in doors:
        action = ast.unparse(call.args[0])
        is_asked = any(word.arg == "owner" for word in call.keywords)
        known = action == "action" or Action[action.removeprefix("Action.")] in asked
        assert is_asked == known, f"{action}, line {call.lineno}"


def call(name, arguments):
    getattr(next(module for module in ACTING if hasattr(module, name)), name)(*arguments)


@pytest.mark.parametrize("name", CALLS)
def test_each_role_can_do_what_it_may_and_nothing_else(doors, monkeypatch, name):
    action, arguments = CALLS[name]
    for who in VISITORS:
        DONE.clear()
        monkeypatch.setattr(acting, "visitor", lambda who=who: who)
        is_own = who is not None and who.name == OWNER and action in MAY_TO_OWN.get(who.role, ())
        if who is not None and (action in MAY[who.role] or is_own):
            call(name, arguments(doors))
            assert DONE, f"{who} {name}"
        else:
            with pytest.raises(AccessError):
                call(name, arguments(doors))
            assert not DONE, f"{who} {name}"
    lines = [json.loads(line) for line in (doors / "audit.jsonl").read_text().splitlines()]
    assert [line["who"] for line in lines] == [who.name if who else None for who in VISITORS]
    assert {line["action"] for line in lines} == {action.name.lower()}
    assert lines[0]["outcome"] == "done"
    assert lines[-1]["outcome"].startswith("this server does not know you")


def test_everybody_who_is_let_in_may_vote_and_a_room_full_of_taps_fills_no_log(doors, monkeypatch):
    votes, key = Votes(), CycleKey(1, 2, "you")
    for who in VISITORS:
        monkeypatch.setattr(acting, "visitor", lambda who=who: who)
        if who is None:
            with pytest.raises(AccessError):
                acting.vote(votes, RUN, key, "stranger", [3])
        else:
            acting.vote(votes, RUN, key, f"{who.name} {who.role}", [3])
    assert votes.counts(RUN, key) == {3: len(VISITORS) - 1}
    assert not (doors / "audit.jsonl").exists()


LIMITED = [
    ("start_run", {"runs": 0}, "waiting or active"),
    ("start_run", {"patches": 10}, "lower the pool"),
    ("start_run", {"home_bytes": 0}, "has reached"),
    ("start_study", {"patches": 10}, "fewer cells"),
    ("start_study", {"studies": 0}, "wait for one to end"),
    ("measure_study", {"patches": 10}, "fewer cells"),
    ("import_data", {"upload_bytes": 4}, "the upload has"),
    ("import_data", {"data_sets": 0}, "ask the owner to delete"),
    ("make_data", {"data_sets": 0}, "ask the owner to delete"),
    ("score_images", {"upload_bytes": 4}, "the upload has"),
    ("bring_in_logs", {"upload_bytes": 4}, "the upload has"),
]


@pytest.mark.parametrize(("name", "limits", "words"), LIMITED)
def test_a_member_cannot_have_more_than_the_limits(doors, monkeypatch, name, limits, words):
    (doors / "limits.json").write_text(json.dumps(limits))
    _, arguments = CALLS[name]
    monkeypatch.setattr(acting, "visitor", lambda: Visitor("ben", Role.MEMBER))
    with pytest.raises(LimitError, match=words):
        call(name, arguments(doors))
    assert not DONE
    monkeypatch.setattr(acting, "visitor", lambda: LOCAL)
    call(name, arguments(doors))
    assert DONE


def test_a_lab_asks_who_it_is_and_shows_a_viewer_what_there_is(finished_run, home, monkeypatch):
    monkeypatch.setenv("ALCORE_ADMISSION", "lab")
    app = open_page("pages/lab.py")
    assert "Open the link that you were given" in texts(app)
    assert not app.button
    token = make_token(home, Role.VIEWER, hours=1, name="vi")
    app.query_params["token"] = token
    app.run()
    assert app.button(key="run_button").disabled
    assert "Only members may start runs" in app.button(key="run_button").help
    (home / "access.key").unlink()
    app.run()
    assert "withdrawn" in texts(app)
    assert not app.button


def test_a_seat_sees_no_page_but_its_own_and_an_open_server_says_so(home, monkeypatch):
    monkeypatch.setenv("ALCORE_ADMISSION", "lab")
    app = open_page("pages/lab.py", token=make_token(home, Role.SEAT, hours=1))
    assert "lets you vote" in texts(app)
    assert not app.button
    monkeypatch.setenv("ALCORE_ADMISSION", "open")
    app.run()
    assert "Anyone who can reach this server" in texts(app)


def test_a_server_that_others_reach_shows_nothing_to_whom_it_does_not_know(home, monkeypatch):
    before = st.get_option("server.address")
    st.config.set_option("server.address", "0.0.0.0")
    try:
        app = open_page("pages/lab.py")
    finally:
        st.config.set_option("server.address", before)
    assert "start it with `alcore dashboard --lab`" in texts(app).replace("\\", "")
    assert not app.button


PAGES = {
    "lab": ("pages/lab.py", {}, {"Run with these settings", "Stop", "Pause", "Step", "Keep"}),
    "scene": ("pages/lab.py", {"scene": "rare-defects"}, {"Run it live"}),
    "runs": ("pages/runs.py", {}, {"Keep note and tags", "Delete it", "Delete"}),
    "compare": ("pages/compare.py", {}, {"Train the full-pool ceiling of this run"}),
    "browse": ("pages/data.py", {"set": "tiles"}, {"Save notes", "Rename it", "Delete it"}),
    "import": ("pages/data.py", {"data_view": "Import"}, {"Preview", "Import"}),
    "surfaces": ("pages/data.py", {"data_view": "Make surfaces"}, {"Make this data set"}),
    "line": ("pages/data.py", {"data_view": "Line", "line_set": "tiles"}, {"Make this pool"}),
    "logs": ("pages/data.py", {"data_view": "Logs"}, {"Import logs"}),
    "new study": ("pages/study.py", {"study_view": "New study"}, {"Start", "Estimate time and disk"}),
    "study": (
        "pages/study.py",
        {"study": "grid", "study_view": "Progress"},
        {"Pause", "Resume", "Add repetitions"},
    ),
}
"""Pages with their address, and the buttons on them that change the home."""
MEMBERS_OWN = {"import", "surfaces", "line", "logs", "new study", "scene"}
"""Pages on which a member may do all, whosever the rest is."""


@pytest.fixture
def furnished(finished_run, home, small_run, monkeypatch):
    """A lab with a run, a study and a data set, all of somebody else's."""
    monkeypatch.setenv("ALCORE_ADMISSION", "lab")
    plan = make_study({"base": SMALL | {"cycles": 2}, "grid": {"pool_prevalence": [0.1, 0.2]}})
    StudyStore.create(home / "studies" / "grid", plan)
    make_surfaces("tiles", SurfaceSettings(count=60))
    return home


def barred(app):
    """Labels of the buttons that only others may press."""
    return {one.label for one in app.button if one.disabled and (one.help or "").startswith("Only ")}


def turned(app, name):
    """Turn the page to where its buttons are."""
    if name == "runs":
        app.checkbox(key="chosen-demo-run").check().run()
    if name == "browse":
        app.button_group(key="browse_view").set_value("Data card").run()
    return app


@pytest.mark.parametrize("name", PAGES)
def test_what_a_role_may_not_do_is_not_offered_and_the_door_agrees(furnished, name):
    path, address, buttons = PAGES[name]
    pages = {
        role: turned(open_page(path, token=make_token(furnished, role, hours=1, name=role), **address), name)
        for role in (Role.OWNER, Role.MEMBER, Role.VIEWER)
    }
    labels = {one.label for one in pages[Role.OWNER].button}
    assert buttons <= labels, labels
    assert barred(pages[Role.OWNER]) == set()
    assert barred(pages[Role.VIEWER]) == buttons
    assert barred(pages[Role.MEMBER]) == (
        set() if name in MEMBERS_OWN else buttons - {"Run with these settings", "Keep"}
    )
    fields = pages[Role.VIEWER].text_area if name in ("runs", "browse") else []
    for widget in (*pages[Role.VIEWER].get("file_uploader"), *fields):
        assert widget.proto.disabled, widget.label
    press_all(pages[Role.VIEWER])
    assert not (furnished / "audit.jsonl").exists(), "no button in use was refused at the door"


def press_all(app):
    """Press each button in use by itself, on the page as it was."""
    for label in [one.label for one in app.button if not one.disabled]:
        found = [one for one in app.button if one.label == label and not one.disabled]
        if found:
            found[0].click().run()


def test_members_may_command_what_is_their_own(furnished, home):
    with sqlite3.connect(home / "runs.sqlite") as index:
        index.execute("UPDATE run SET owner = 'cy'")
    app = open_page("pages/runs.py", token=make_token(home, Role.MEMBER, hours=1, name="cy"))
    assert barred(app) == set()
    assert not app.button(key="delete-demo-run").disabled
    assert not app.text_input(key="name-demo-run").disabled


@pytest.mark.parametrize("state", ["previewed", "failed"])
def test_what_was_uploaded_is_shown_to_those_who_may_keep_it(home, monkeypatch, state):
    monkeypatch.setenv("ALCORE_ADMISSION", "lab")
    job = imported(home, state)
    job.message = "secret/name.png is no image"
    import_jobs.import_queue().jobs.append(job)
    for role, name, sees in (
        ("viewer", "cy", 0),
        ("member", "ben", 0),
        ("member", "cy", 1),
        ("owner", "", 1),
    ):
        token = make_token(home, Role(role), hours=1, name=name)
        app = open_page("pages/data.py", data_view="Import", token=token)
        shown = "tiles" in texts(app)
        usable = {one.label for one in app.button if not one.disabled}
        assert shown == bool(sees), (role, name)
        assert bool(sees and state == "previewed") == ("Discard" in usable), (role, usable)
        assert sees or "secret" not in texts(app)


def test_whatever_page_changes_something_asks_first_whether_it_may_be_offered():
    for path in (PACKAGE / "ui").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        is_door = path.stem in ("acting", "acting_on_data")
        if not is_door and re.search(r"\bacting(_on_data)?\.(?!vote|owner_of_study)", text):
            assert "alcore.ui.permitted import" in text, path
