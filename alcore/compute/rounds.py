"""Rounds of a run that people play in: the patches offered before a query, and the choices.

    rounds/r00001-c00002-you.json      one per query; its file appearing closes the round

A run waits at a query until its round is closed, and computes it from what was chosen: the same clicks give
the same bytes, now or after a resume.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from alcore.acquisition import asks_people
from alcore.data.patches import Patches
from alcore.errors import StoreError
from alcore.experiment.cycle_key import CycleKey
from alcore.experiment.offer import offer
from alcore.experiment.repetition import draw_repetition
from alcore.json_object import read_json_object
from alcore.storage.files import make_directory, write_text
from alcore.storage.run_records import RunRecords
from alcore.storage.run_store import RunStore


def is_open(store: RunStore, key: CycleKey) -> bool:
    """Whether a cycle has to wait: its query is people's, and they have not chosen yet."""
    return key.cycle > 1 and asks_people(key.strategy) and not _file(store, key).exists()


def round_to_play(store: RunStore) -> CycleKey | None:
    """The query that people can choose for now; None where there is none."""
    for name in filter(asks_people, store.config.strategies):
        done = [key for key in store.committed() if key.strategy == name]
        if done and done[-1].cycle < store.config.cycles:
            key = CycleKey(done[-1].repetition, done[-1].cycle + 1, name)
            if is_open(store, key):
                return key
    return None


def offered(records: RunRecords, patches: Patches, key: CycleKey) -> np.ndarray:
    """(n,) ids that people can choose from for a query, in the order shown; see `alcore.experiment.offer`."""
    last = records[CycleKey(key.repetition, key.cycle - 1, key.strategy)]
    if key.cycle == 2:
        pool = draw_repetition(records.config, patches, key.repetition).pool
        return offer(records.config, key, np.setdiff1d(pool, last.items))
    is_left = ~np.isin(last.candidates, last.items)
    return offer(records.config, key, last.candidates[is_left], last.candidate_scores[is_left])


def close_round(records: RunRecords, patches: Patches, key: CycleKey, chosen: Sequence[int]) -> None:
    """Keep what people chose, in their order; the run goes on with it.

    Args:
        chosen: ids among those offered, none twice, at most a query's number; the run fills up the rest.
    Raises:
        StoreError: the round is closed already, or these cannot be chosen.
    """
    shown, store = offered(records, patches, key).tolist(), records.store
    if not is_open(store, key):
        raise StoreError(f"query {key.cycle} has been chosen already")
    if len(set(chosen)) < len(chosen) or not set(chosen) <= set(shown):
        raise StoreError("only patches that are shown can be chosen, each once")
    if len(chosen) > store.config.query_count:
        raise StoreError(f"a query has {store.config.query_count} patches; choose no more than that")
    make_directory(store.directory / "rounds")
    write_text(
        _file(store, key), json.dumps({"offered": shown, "chosen": [int(one) for one in chosen]}) + "\n"
    )


def chosen_in(store: RunStore, key: CycleKey) -> np.ndarray | None:
    """(k,) ids that people chose for a query; None where it is not theirs, or not closed."""
    if key.cycle == 1 or not asks_people(key.strategy) or is_open(store, key):
        return None
    chosen = read_json_object(_file(store, key), error=StoreError).get("chosen")
    if not isinstance(chosen, list) or not all(type(one) is int for one in chosen):
        raise StoreError(f"{_file(store, key)} does not say what was chosen; delete it to choose again")
    return np.array(chosen, dtype=np.int64)


def _file(store: RunStore, key: CycleKey) -> Path:
    return store.directory / "rounds" / f"{key.stem}.json"
