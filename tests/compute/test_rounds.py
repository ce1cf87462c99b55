"""Runs that people play in: they wait, go on with what was chosen, and equal clicks give equal bytes."""

import contextlib
import json
import threading
from functools import partial

import numpy as np
import pytest

from alcore.acquisition import PoolView, get_strategy
from alcore.compute.clock import Clock
from alcore.compute.crew import Crew
from alcore.compute.rounds import chosen_in, close_round, is_open, offered, round_to_play
from alcore.compute.run_control import RunControl, Stopped
from alcore.compute.walk import Walk
from alcore.config import make_config
from alcore.data.collection import open_dataset
from alcore.errors import AcquisitionError, AlcoreError, StoreError
from alcore.experiment.cycle_key import CycleKey
from alcore.experiment.loop import run as run_loop
from alcore.server.votes import Votes
from alcore.storage.run_records import RunRecords
from alcore.storage.run_store import RunStore
from tests.conftest import SMALL
from tests.following import PATIENCE, alcore, bytes_of, wait_for

CONFIG = SMALL | {"strategies": ["random", "you"], "cycles": 3}


class Walker:
    """A thread that walks a run."""

    def __init__(self, store):
        self._control, self._store, self._error = RunControl(), store, None
        self._thread = threading.Thread(target=self._walk, daemon=True)
        self._thread.start()

    def _walk(self):
        clock = Clock(self._store.config, self._store.committed())
        walk = partial(Walk, control=self._control, clock=clock, emit=lambda _: None)
        try:
            with contextlib.suppress(Stopped), Crew.of_thread() as crew:  # by `finish`
                walk(self._store, crew).cycles()
        except AlcoreError as error:  # reported by `finish`, in the test's own thread
            self._error = error

    def finish(self, *, stop):
        if stop:
            self._control.say("stop")
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        assert self._error is None


def play(directory, *, choose, stop_after=None):
    """A whole game by a thread that walks and one that chooses; returns the store."""
    store = RunStore(directory) if directory.exists() else RunStore.create(directory, make_config(CONFIG))
    walker = Walker(store)
    records, patches = RunRecords(store), open_dataset(store.config.dataset)
    for _ in range(stop_after or store.config.cycles - 1):
        if not any(is_open(store, CycleKey(1, cycle, "you")) for cycle in range(2, store.config.cycles + 1)):
            break
        wait_for(lambda: round_to_play(store) is not None, "the next round")
        key = round_to_play(store)
        close_round(records, patches, key, choose(offered(records, patches, key).tolist(), key))
    walker.finish(stop=stop_after is not None)
    return store


def first_four(shown, _):
    return shown[:4]


@pytest.mark.slow
def test_the_same_clicks_give_the_same_bytes_and_a_resumed_game_too(tmp_path):
    whole = play(tmp_path / "whole", choose=first_four)
    play(tmp_path / "halves", choose=first_four, stop_after=1)
    halves = play(tmp_path / "halves", choose=first_four)
    assert bytes_of(whole.directory / "records") == bytes_of(halves.directory / "records")
    records, patches = RunRecords(whole), open_dataset(whole.config.dataset)
    for cycle in (2, 3):
        key = CycleKey(1, cycle, "you")
        shown = offered(records, patches, key)
        assert records[key].items[:4].tolist() == shown[:4].tolist() == chosen_in(whole, key).tolist()
        assert np.unique(records[key].items).size == whole.config.query_count, "random fills the rest"
    others = play(tmp_path / "others", choose=lambda shown, _: shown[-2:])
    ours = bytes_of(whole.directory / "records")
    theirs = bytes_of(others.directory / "records")
    assert {name for name in ours if ours[name] != theirs[name]} == {
        name for name in ours if "you" in name and "c00001" not in name
    }, "other clicks change the room's model alone"


@pytest.mark.slow
def test_what_is_offered_is_of_the_pool_without_labels_and_nobody_peeks(tmp_path):
    store = play(tmp_path / "run", choose=first_four)
    records, patches = RunRecords(store), open_dataset(store.config.dataset)
    labelled = records[CycleKey(1, 1, "you")].items
    for cycle in (2, 3):
        key = CycleKey(1, cycle, "you")
        shown = offered(records, patches, key)
        assert shown.size == 48 == np.unique(shown).size
        assert not np.isin(shown, labelled).any()
        assert np.isin(shown, records[key].candidates).all()
        labelled = np.concatenate([labelled, records[key].items])
    last = records[CycleKey(1, 2, "you")]
    left = ~np.isin(last.candidates, last.items)
    unsure = last.candidates[left][np.argsort(-last.candidate_scores[left], kind="stable")[:20]]
    assert np.isin(unsure, shown).all(), "half of them are those that the model is least sure about"


@pytest.mark.slow
def test_a_round_is_closed_once_and_with_what_was_shown(tmp_path):
    store = RunStore.create(tmp_path / "run", make_config(CONFIG))
    walker = Walker(store)
    wait_for(lambda: round_to_play(store) is not None, "the first round")
    records, patches, key = RunRecords(store), open_dataset(store.config.dataset), round_to_play(store)
    shown = offered(records, patches, key).tolist()
    unseen = next(item for item in range(10**6) if item not in shown)
    for wrong, words in (
        ([unseen], "only patches that are shown"),
        ([shown[0]] * 2, "each once"),
        (shown[: store.config.query_count + 1], "no more than that"),
    ):
        with pytest.raises(StoreError, match=words):
            close_round(records, patches, key, wrong)
    close_round(records, patches, key, [])
    with pytest.raises(StoreError, match="chosen already"):
        close_round(records, patches, key, shown[:1])
    walker.finish(stop=True)


def test_without_people_such_a_run_is_refused_in_a_sentence(tmp_path):
    (tmp_path / "config.json").write_text(make_config(CONFIG).to_json())
    result = alcore("run", str(tmp_path / "config.json"), "--out", str(tmp_path / "run"))
    assert result.returncode == 2
    assert "'you' waits for people at a page; start such a run in the Lab" in result.stderr
    study = {"base": {"dataset": "synthetic", "strategies": ["random", "you"]}}
    (tmp_path / "study.json").write_text(json.dumps(study))
    result = alcore("study", str(tmp_path / "study.json"), "--out", str(tmp_path / "study"))
    assert result.returncode == 2
    assert "waits for people" in result.stderr
    with pytest.raises(AcquisitionError, match="waits for people"):
        list(run_loop(make_config(CONFIG | {"cycles": 2}), open_dataset("synthetic")))


def test_what_people_leave_open_is_filled_at_random():
    view = PoolView(30, scores=np.zeros(30, np.float32), chosen=np.array([9, 3, 20]))
    strategy = get_strategy("you")
    one, other = (strategy.query(view, query_size=8, rng=np.random.default_rng(seed)) for seed in (0, 1))
    assert one.rows[:3].tolist() == other.rows[:3].tolist() == [9, 3, 20]
    assert set(one.rows[3:]) != set(other.rows[3:])
    assert strategy.query(view, query_size=2, rng=np.random.default_rng(0)).rows.tolist() == [9, 3]


def test_the_most_voted_win_and_a_new_round_begins_without_votes():
    votes, key = Votes(), CycleKey(1, 2, "you")
    votes.cast("run", key, "a", [5, 7])
    votes.cast("run", key, "b", [7, 9])
    votes.cast("run", key, "b", [7, 3, 3])
    assert votes.counts("run", key) == {5: 1, 7: 2, 3: 1}
    assert votes.winners("run", key, [3, 5, 7, 9], 2) == [7, 3]
    assert votes.seats("run", key) == 2
    assert votes.seconds_left("run", key, None) is None
    assert 0 < votes.seconds_left("run", key, 60) <= 60
    assert votes.counts("run", CycleKey(1, 3, "you")) == {}


def test_votes_from_many_threads_are_all_counted():
    votes, key = Votes(), CycleKey(1, 2, "you")
    threads = [
        threading.Thread(target=votes.cast, args=("run", key, str(seat), [seat % 3])) for seat in range(30)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert votes.counts("run", key) == {0: 10, 1: 10, 2: 10}
