"""Finished runs for pages to show, trained once for all tests."""

from __future__ import annotations

import shutil

import pytest

from alcore.config import make_config
from alcore.runs.execution import execute
from alcore.runs.index import RunIndex
from alcore.runs.run_store import RunStore
from alcore.ui import session
from tests.conftest import SMALL

_RUNS = {
    "demo-run": SMALL,
    "three-times": SMALL
    | {"repetitions": 3, "cycles": 2, "strategies": ["random", "entropy", "oracle-random"]},
}


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """Directories of finished runs by id."""
    folder = tmp_path_factory.mktemp("trained")
    for run_id, values in _RUNS.items():
        execute(RunStore.create(folder / run_id, make_config(values)))
    return folder


@pytest.fixture
def finished_run(home, trained):
    """A home with one finished run; its id."""
    shutil.copytree(trained / "demo-run", home / "runs" / "demo-run")
    RunIndex(home)
    return "demo-run"


@pytest.fixture
def finished_runs(home, trained, finished_run):
    """A home with two finished runs: of one repetition and of three; their ids."""
    shutil.copytree(trained / "three-times", home / "runs" / "three-times")
    RunIndex(home)
    return finished_run, "three-times"


@pytest.fixture(autouse=True)
def fresh_server():
    """No manager or data set of the test before, and no spare worker."""
    import streamlit as st

    st.cache_resource.clear()
    st.cache_data.clear()
    yield
    session.manager().close()
    st.cache_resource.clear()
