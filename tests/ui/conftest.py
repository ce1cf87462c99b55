"""Finished runs for pages to show, trained once for all tests."""

from __future__ import annotations

import shutil

import pytest

from alcore.server.index import RunIndex
from alcore.ui import session


@pytest.fixture
def finished_run(home, small_run):
    """A home with one finished run; its id."""
    shutil.copytree(small_run, home / "runs" / "demo-run")
    RunIndex(home)
    return "demo-run"


@pytest.fixture
def finished_runs(home, run_of_three, finished_run):
    """A home with two finished runs: of one repetition and of three; their ids."""
    shutil.copytree(run_of_three, home / "runs" / "three-times")
    RunIndex(home)
    return finished_run, "three-times"


@pytest.fixture
def three_of_fifteen(finished_runs, home):
    """A run of which three repetitions are there and twelve still to come."""
    file = home / "runs" / "three-times" / "config.json"
    file.write_text(file.read_text().replace('"repetitions": 3', '"repetitions": 15'))
    return finished_runs[1]


@pytest.fixture(autouse=True)
def fresh_server():
    """No manager or data set of the test before, and no spare worker."""
    import streamlit as st

    st.cache_resource.clear()
    st.cache_data.clear()
    yield
    session.manager().close()
    st.cache_resource.clear()
