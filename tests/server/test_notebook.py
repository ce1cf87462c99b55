"""Runs as a notebook: figures of merit, words and tags to find them by, and a trash that gives back."""

import shutil
import sqlite3

import pandas as pd
import pytest

from alcore.config import make_config
from alcore.errors import StoreError
from alcore.experiment.run_identity import run_fingerprint
from alcore.server.index import RunIndex
from alcore.server.manager import RunManager
from alcore.server.notebook import ORDERS, Notebook, chosen
from alcore.server.runners import ThreadRunner
from alcore.storage.run_store import RunStore
from alcore.storage.tables import RunTables
from tests.conftest import SMALL


@pytest.fixture
def index(home, small_run):
    for name in ("one", "two"):
        shutil.copytree(small_run, home / "runs" / name)
    RunStore.create(home / "runs" / "begun", make_config(SMALL | {"seed": 5}))
    return RunIndex(home)


def ids(entries):
    return [entry.row.id for entry in entries]


def test_figures_are_those_of_the_records_and_computed_once(index, small_run):
    notebook = Notebook(index)
    assert all(entry.merits is None for entry in notebook.entries())
    assert notebook.fill(notebook.entries(), seconds=60)
    merits = {entry.row.id: entry.merits for entry in notebook.entries()}
    table = RunTables(RunStore(small_run)).metrics((SMALL.get("test_prevalence", 0.02),))
    last = table[table["cycle"] == 3].groupby("strategy")["iou"].mean()
    assert merits["one"].final_iou == pytest.approx(last.max())
    assert merits["one"].best == last.idxmax()
    assert merits["one"].records == 9
    assert merits["one"].bytes > 10_000
    assert merits["begun"].best == ""
    assert not notebook.fill(notebook.entries(), seconds=60), "nothing is new"


def test_strategies_that_tie_at_the_end_are_named_together(index, monkeypatch):
    frame = pd.DataFrame(
        [
            (name, labelled, value)
            for name, values in {"random": (0.1, 0.4), "entropy": (0.2, 0.4), "core-set": (0.3, 0.3)}.items()
            for labelled, value in zip((5, 10), values, strict=True)
        ],
        columns=["strategy", "labelled", "value"],
    )
    monkeypatch.setattr(RunTables, "values", lambda *_: frame)
    notebook = Notebook(index)
    notebook.fill(notebook.entries(), seconds=60)
    merits = next(entry.merits for entry in notebook.entries() if entry.row.id == "one")
    assert set(merits.best.split(",")) == {"random", "entropy"}
    assert merits.final_iou == 0.4
    assert merits.advantage != merits.advantage, "who ties is ahead of nobody"


def test_no_more_time_is_spent_than_allowed(index):
    notebook = Notebook(index)
    notebook.fill(notebook.entries(), seconds=-1)
    assert all(entry.merits is None for entry in notebook.entries())


def test_words_statuses_and_orders(index):
    notebook = Notebook(index)
    index.rename("two", "Zebra")
    index.annotate("two", note="seen on *Monday*", tags="good, paper good")
    notebook.fill(notebook.entries(), seconds=60)
    entries = notebook.entries()
    assert ids(chosen(entries, words="monday PAPER")) == ["two"]
    assert index.get("two").tags == "good paper"
    assert ids(chosen(entries, words="monday nothing")) == []
    assert ids(chosen(entries, statuses=["interrupted"])) == ["begun"]
    assert ids(chosen(entries, order="name"))[-1] == "two"
    for order in ORDERS:
        assert set(ids(chosen(entries, order=order))) == {"one", "two", "begun"}
    for order in ("final IoU", "AUBC", "advantage"):
        assert ids(chosen(entries, order=order))[-1] == "begun", "what is not known comes last"


@pytest.mark.parametrize(("note", "tags"), [("x" * 2001, ""), ("", "a\u202eb"), ("\x1b[2J", "")])
def test_notes_that_cannot_be(index, note, tags):
    with pytest.raises(StoreError, match="notes and tags"):
        index.annotate("one", note=note, tags=tags)


def test_a_run_is_found_by_its_config(index):
    config = make_config(SMALL)
    same = config.model_copy(update={"test_prevalence": 0.3, "threads": 4})
    assert {row.id for row in index.find(run_fingerprint(same))} == {"one", "two"}
    assert index.find(run_fingerprint(make_config(SMALL | {"seed": 5}))) == [], "it is not finished"
    assert index.find(run_fingerprint(make_config(SMALL | {"seed": 6}))) == []


def test_a_deleted_run_can_be_brought_back_for_a_day(index, home, monkeypatch):
    manager = RunManager(home, make_runner=ThreadRunner)
    before = (home / "runs" / "one" / "metrics.csv").read_bytes()
    index.annotate("one", note="kept", tags="")
    manager.delete("one")
    assert "one" not in [row.id for row in index.rows()]
    assert not (home / "runs" / "one").exists()
    assert "one" not in [row.id for row in RunIndex(home).rows()], "a list that is opened does not adopt it"
    manager.undo_delete("one")
    assert index.get("one").note == "kept"
    assert (home / "runs" / "one" / "metrics.csv").read_bytes() == before
    with pytest.raises(StoreError, match="no longer in the trash"):
        manager.undo_delete("one")
    manager.delete("one")
    manager.close()
    monkeypatch.setattr("alcore.server.trash._SECONDS_KEPT", -1)
    later = RunManager(home, make_runner=ThreadRunner)
    assert list((home / "trash").iterdir()) == []
    assert index.trash() == {}
    later.close()


def test_a_list_of_an_earlier_version_opens(home, small_run):
    shutil.copytree(small_run, home / "runs" / "one")
    with sqlite3.connect(home / "runs.sqlite") as connection:
        connection.execute(
            "CREATE TABLE run (id TEXT PRIMARY KEY, name TEXT NOT NULL, created REAL NOT NULL, "
            "status TEXT NOT NULL, message TEXT NOT NULL DEFAULT '')"
        )
        connection.execute("INSERT INTO run VALUES ('one', 'mine', 1.0, 'finished', '')")
    connection.close()
    index = RunIndex(home)
    assert index.set_aside is None
    assert [(row.id, row.name, row.owner) for row in index.rows()] == [("one", "mine", "")]
    notebook = Notebook(index)
    notebook.fill(notebook.entries(), seconds=60)
    assert index.get("one").fingerprint == run_fingerprint(make_config(SMALL))
