"""Runs of studies, computed once for the tests of all engines."""

import pytest

from tests.following import bytes_of
from tests.shared import made_once
from tests.study.helpers import plan_of, run_alone

LONGER = {"cycles": 3, "training": {"steps": 6, "batch_size": 6}}


@pytest.fixture(scope="session")
def alone(tmp_path_factory):
    """The runs of that plan, one by one: their files as bytes, by cell."""
    return _runs_alone(tmp_path_factory, "alone", plan_of())


@pytest.fixture
def longer():
    """A plan whose runs last long enough to be killed."""
    return plan_of(**LONGER)


@pytest.fixture(scope="session")
def longer_alone(tmp_path_factory):
    """The runs of that plan, as above."""
    return _runs_alone(tmp_path_factory, "longer-alone", plan_of(**LONGER))


def _runs_alone(factory, name, plan):
    directory = made_once(factory, name, lambda path: run_alone(plan, path))
    return {run.name: bytes_of(run) for run in directory.iterdir()}
