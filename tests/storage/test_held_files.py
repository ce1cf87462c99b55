"""Whatever a run commits while it is held, what is held can be continued."""

import os

import pytest

from alcore.config import make_config
from alcore.errors import StoreError
from alcore.experiment.cycle_key import CycleKey
from alcore.storage import held_files
from alcore.storage.held_files import hold
from alcore.storage.run_store import RunStore
from tests.conftest import SMALL

STRATEGIES = ("random", "entropy")
KEYS = [CycleKey(1, cycle, strategy) for cycle in (1, 2, 3) for strategy in STRATEGIES]


@pytest.fixture
def store(tmp_path):
    return new_run(tmp_path / "run")


def new_run(directory):
    return RunStore.create(directory, make_config(SMALL | {"strategies": STRATEGIES}))


def commit(store, keys):
    for key in keys:
        store.commit(key, f"record {key.stem}".encode(), weights=f"weights {key.stem}".encode())


def can_go_on(run):
    store = RunStore(run)
    for strategy in STRATEGIES:
        chain = [key for key in store.committed() if key.strategy == strategy]
        assert [key.cycle for key in chain] == list(range(1, len(chain) + 1))
        if chain and len(chain) < store.config.cycles:
            assert store.weights(chain[-1]) == f"weights {chain[-1].stem}".encode()
    return len(store.committed())


@pytest.mark.parametrize("steps", [1, 2, 6])
@pytest.mark.parametrize("done", range(len(KEYS)))
def test_a_run_that_commits_while_it_is_held_can_be_continued(tmp_path, monkeypatch, done, steps):
    """At each file in turn, the run goes on by some cycles before the file is taken."""
    taken, link = 0, os.link

    def later_link(path, place):
        nonlocal taken
        if taken == moment:
            commit(store, KEYS[done : done + steps])
        taken += 1
        link(path, place)

    monkeypatch.setattr(os, "link", later_link)
    kept = set()
    for moment in range(2 * len(KEYS)):
        store, taken = new_run(tmp_path / f"run-{moment}"), 0
        commit(store, KEYS[:done])
        assert hold(store.directory, tmp_path / f"held-{moment}")
        kept.add(can_go_on(tmp_path / f"held-{moment}"))
    assert done in kept
    assert min(kept) >= done
    assert max(kept) <= done + steps


def test_what_is_held_stays_as_it_was_and_where_links_cannot_be_it_is_copied(store, tmp_path, monkeypatch):
    commit(store, KEYS[:2])

    def no_links(*_):
        raise PermissionError(1, "Operation not permitted")

    assert hold(store.directory, tmp_path / "linked")
    monkeypatch.setattr(os, "link", no_links)
    assert hold(store.directory, tmp_path / "copied")
    commit(store, KEYS[2:])
    assert can_go_on(tmp_path / "linked") == can_go_on(tmp_path / "copied") == 2


def test_what_is_deleted_meanwhile_is_not_held(store, tmp_path, monkeypatch):
    commit(store, KEYS[:2])
    link = os.link

    def link_after_deletion(path, place):
        if store.directory.exists():
            store.directory.rename(tmp_path / "trash")
        link(path, place)

    monkeypatch.setattr(os, "link", link_after_deletion)
    assert not hold(store.directory, tmp_path / "held")


def test_a_folder_that_never_stands_still_is_a_sentence(store, tmp_path, monkeypatch):
    commit(store, KEYS[:1])
    monkeypatch.setattr(held_files, "_second_name", lambda *_: False)
    with pytest.raises(StoreError, match="changes faster than it can be read"):
        hold(store.directory, tmp_path / "held")
