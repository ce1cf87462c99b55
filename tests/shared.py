"""What is made once and looked at by many tests, also where several processes share the testing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A directory that the first test to ask for it fills; whoever wants to change it takes a copy.

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
