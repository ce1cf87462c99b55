"""How long a repetition of a run took, from when its records were written."""

from __future__ import annotations

import numpy as np

from alcore.compute.clock import share_done
from alcore.errors import StoreError
from alcore.storage.run_store import RunStore

_PAUSE = 10.0
"""A gap this many times as long as the median one was a pause, or a night; it counts as one median gap."""
_FASTEST = 0.05
"""Seconds a record below which nobody can have trained: the files were copied."""


def seconds_per_repetition(store: RunStore) -> float | None:
    """Seconds of work on a repetition of all strategies, with as many workers as the run had.

    Returns:
        None where fewer than three records tell it, or their files were copied without their times.
    """
    keys = store.committed()
    try:
        times = np.array([store.record_path(key).stat().st_mtime for key in keys])
    except OSError as error:
        raise StoreError(f"{store.directory} cannot be read ({error.strerror}); start a new run") from None
    order = np.argsort(times, kind="stable")
    gaps = np.diff(times[order])
    gaps = gaps[gaps > 0.001]  # the first cycle's records are written together
    if len(gaps) < 2 or gaps.sum() / len(keys) < _FASTEST:
        return None
    usual = float(np.median(gaps))
    worked = float(np.where(gaps > _PAUSE * usual, usual, gaps).sum())
    first = [keys[row] for row in order[: len(store.config.strategies)]]  # of whose start nothing is known
    done = share_done(store.config, keys) - share_done(store.config, first)
    return worked / done / store.config.repetitions if done > 0 else None
