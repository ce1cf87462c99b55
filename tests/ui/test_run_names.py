"""What a new run is called: neighbours in the list have different names."""

import pytest

from alcore.config import make_config
from alcore.errors import StoreError
from alcore.server.index import RunIndex, Status
from alcore.server.manager import default_name
from alcore.storage.run_store import RunStore
from alcore.ui import acting
from alcore.ui.run_names import distinct_name
from tests.conftest import SMALL


@pytest.fixture
def listed(home):
    """Puts a run of a config on the list, under the name that it gets."""

    def put(config):
        index, name = RunIndex(home), distinct_name(config)
        run_id = f"run-{len(index.rows())}"
        RunStore.create(index.directory / run_id, config)
        index.add(run_id, name, Status.FINISHED)
        return name

    return put


def test_runs_of_one_name_get_what_differs_or_a_number(listed):
    config = make_config(SMALL)
    usual = default_name(config)
    longer = make_config(SMALL | {"cycles": config.cycles + 1})
    assert listed(config) == usual
    assert listed(longer) == f"{usual}, cycles = {longer.cycles}"
    assert listed(longer) == f"{usual} (2)", "nothing differs from the one before"
    assert listed(make_config(SMALL | {"seed": 5})) != usual


def test_a_name_that_hides_something_is_refused_before_the_run_is_made(home):
    with pytest.raises(StoreError, match=r"cannot hold the character U\+202E"):
        acting.start_run(make_config(SMALL), "steel\u202egnp")
    assert not RunIndex(home).rows()
