"""What many tests share: fixtures made once for all testing processes, and the order of a run's records."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from alcore.config import RunConfig
from alcore.experiment.cycle_key import CycleKey


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A directory that the first test to ask for it fills; a test that wants to change it takes a copy.

    Args:
        factory: pytest's; with pytest-xdist its parent directory is common to all processes.
        name: what is made, one directory each.
        make: fills the directory that it is given, which does not exist yet.
    """
    common = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        common = common.parent
    path, unfinished = common / "made-once" / name, common / "made-once" / f"{name}-unfinished"
    path.parent.mkdir(exist_ok=True)
    with FileLock(f"{path}.lock"):
        if not path.exists():
            shutil.rmtree(unfinished, ignore_errors=True)  # a test was stopped while it made it
            make(unfinished)
            unfinished.rename(path)
    return path


def keys_in_order(config: RunConfig) -> Iterator[CycleKey]:
    """The keys of all records of a run, in the order in which they come."""
    for repetition in range(1, config.repetitions + 1):
        for cycle in range(1, config.cycles + 1):
            for strategy in config.strategies:
                yield CycleKey(repetition, cycle, strategy)
