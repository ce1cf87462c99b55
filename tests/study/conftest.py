"""The runs of one study, one by one, computed once for the tests of all engines."""

import pytest

from tests.study.helpers import plan_of, run_alone

LONGER = {"cycles": 3, "training": {"steps": 6, "batch_size": 6}}


@pytest.fixture
def longer():
    """A plan whose runs last long enough to be killed."""
    return plan_of(**LONGER)


@pytest.fixture(scope="session")
def longer_alone(tmp_path_factory):
    """The files of its runs as bytes, by cell."""
    return run_alone(plan_of(**LONGER), tmp_path_factory.mktemp("alone"))
