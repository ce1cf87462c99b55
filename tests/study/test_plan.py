import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alcore.errors import AlcoreError, ConfigError
from alcore.study.estimate import check_cells
from alcore.study.plan import make_study, parse_study
from tests.study.helpers import TINY, plan_of


def test_cells_are_the_product_and_dotted_keys_reach_in():
    plan = plan_of({"pool_prevalence": [0.1, 0.3], "training.start": ["warm", "cold"]})
    assert [tuple(cell.values.values()) for cell in plan.cells] == [
        (0.1, "warm"),
        (0.1, "cold"),
        (0.3, "warm"),
        (0.3, "cold"),
    ]
    assert [cell.config.training.start for cell in plan.cells] == ["warm", "cold"] * 2
    assert all(cell.config.training.steps == TINY["training"]["steps"] for cell in plan.cells)
    assert plan.runs == 8


def test_a_key_that_reaches_into_another_does_not_change_the_plan():
    grid = {"training": [{"start": "warm"}, {"start": "cold"}], "training.steps": [1, 2]}
    plan = plan_of(grid)
    assert [cell.config.training.steps for cell in plan.cells] == [1, 2, 1, 2]
    assert plan.grid["training"] == ({"start": "warm"}, {"start": "cold"})


def test_without_a_grid_there_is_one_cell_and_without_prevalences_the_base_s():
    plan = make_study({"base": TINY | {"test_prevalence": 0.07}})
    assert len(plan.cells) == 1
    assert plan.test_prevalences == (0.07,)


def test_base_may_be_a_preset():
    assert make_study({"base": "demo"}).cells[0].config.cycles == 8


def test_the_hash_leaves_out_what_does_not_change_a_repetition():
    one = plan_of().cells[0]
    assert plan_of(repetitions=7).cells[0].id == one.id
    assert plan_of(test_prevalence=0.5).cells[0].id == one.id
    assert plan_of(seed=1).cells[0].id != one.id
    assert plan_of(strategies=["random"]).cells[0].id != one.id


def test_cores_are_no_part_of_the_numbers():
    assert plan_of(threads=0).cells[0].config.threads == 1
    assert plan_of(threads=3).cells[0].config.threads == 3


@given(
    prevalences=st.lists(st.floats(0.01, 1), min_size=1, max_size=5, unique=True),
    seeds=st.lists(st.integers(0, 100), min_size=1, max_size=3, unique=True),
)
def test_a_plan_survives_its_file(prevalences, seeds):
    plan = plan_of({"pool_prevalence": prevalences, "seed": seeds})
    again = parse_study(plan.to_json())
    assert [cell.id for cell in again.cells] == [cell.id for cell in plan.cells]
    assert len({cell.id for cell in plan.cells}) == len(prevalences) * len(seeds)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"bose": {}}, "'base' is missing"),
        ({"base": TINY, "gird": {}}, "did you mean 'grid'"),
        ({"base": "dmo"}, "did you mean 'demo'"),
        ({"base": TINY, "grid": {"pool_prevalance": [0.1]}}, "did you mean 'pool_prevalence'"),
        (
            {"base": TINY, "grid": {"training.stps": [1]}},
            "did you mean 'training.steps'|did you mean 'steps'",
        ),
        ({"base": TINY, "grid": {"seed.x": [1]}}, "seed"),
        ({"base": TINY | {"seed": 1}, "grid": {"seed.x": [1]}}, "no keys of its own"),
        ({"base": TINY, "grid": {"pool_prevalence": [0.1, 3]}}, "pool_prevalence = 3"),
        ({"base": TINY, "grid": {"pool_prevalence": []}}, "has no values"),
        ({"base": TINY, "grid": {"seed": [1, 1]}}, "are the same run"),
        ({"base": TINY, "grid": {"repetitions": [1]}}, "set it in base"),
        ({"base": TINY, "grid": {"test_prevalence": [0.1]}}, "test_prevalences"),
        ({"base": TINY, "test_prevalences": [0]}, "above 0"),
        ({"base": TINY, "test_prevalences": [0.1, 0.1]}, "twice"),
        ([1], "JSON object"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_sentence(values, words):
    with pytest.raises(ConfigError, match=words) as caught:
        parse_study(json.dumps(values))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("grid", "words"),
    [
        ({"dataset": ["synthetic", "syntetic"]}, "at dataset = syntetic: .*did you mean 'synthetic'"),
        ({"pool_size": [80, 11_000]}, "at pool_size = 11000: .*largest pool"),
        ({"pool_prevalence": [0.2, 1.0], "pool_size": [5000]}, "at pool_prevalence = 1.0.*largest pool"),
        ({"strategies": [["random"], ["rendom"]]}, "did you mean 'random'"),
        ({"model.encoder": ["resnet18", "resnet19"]}, "did you mean 'resnet"),
    ],
)
def test_cells_that_cannot_run_are_found_before_the_start(grid, words):
    with pytest.raises(AlcoreError, match=words):
        check_cells(plan_of(grid))
