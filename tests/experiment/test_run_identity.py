"""Two runs are one where nothing that their numbers follow from differs."""

import pytest

from alcore.acquisition import Needs, asking_prevalence, get_strategy, strategy_names
from alcore.config import load_config, make_config
from alcore.experiment.run_identity import run_fingerprint
from tests.conftest import SMALL


@pytest.mark.parametrize("name", strategy_names())
def test_the_prevalence_is_part_of_a_run_whose_strategy_looks_at_it(name):
    config = make_config(SMALL | {"strategies": ["random", name] if name != "random" else ["random"]})
    other = config.model_copy(update={"test_prevalence": 0.5})
    looks = Needs.PREVALENCE in get_strategy(name).needs
    assert (run_fingerprint(config) != run_fingerprint(other)) == looks
    assert asking_prevalence(config.strategies) == ((name,) if looks else ())
    elsewhere = config.model_copy(update={"device": "auto", "threads": 8})
    assert run_fingerprint(elsewhere) == run_fingerprint(config)


def test_runs_of_other_strategies_keep_the_fingerprint_that_they_were_listed_with():
    assert run_fingerprint(load_config("demo-scratch")) == "e404fb87ed6ae456"
    assert run_fingerprint(make_config(SMALL)) == "ad7b680e02247aba"


def test_a_strategy_that_is_no_longer_known_hinders_nobody():
    assert asking_prevalence(["malls", "gone"]) == ("malls",)
    assert run_fingerprint(make_config(SMALL).model_copy(update={"strategies": ("gone",)}))
