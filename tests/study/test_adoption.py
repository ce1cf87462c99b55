"""Other cycles than before: what is equal is taken over, and what is not is said and computed."""

import shutil

import pytest

from alcore.study.adoption import adoptions_in_words, find_adoptions
from alcore.study.scheduler import run_study
from alcore.study.study_store import StudyStore
from tests.study.helpers import OneByOne, plan_of, run_alone, runs_of

pytestmark = pytest.mark.slow

ONE_POOL = {"pool_prevalence": [0.3]}
LOOKING = "class-balanced-power-entropy"


def plan(cycles, **changes):
    return plan_of(
        ONE_POOL, cycles=cycles, repetitions=1, strategies=["random", "entropy", LOOKING], **changes
    )


@pytest.fixture(scope="module")
def of_two(tmp_path_factory):
    """The directory of a finished study of two cycles; tests work on a copy."""
    directory = tmp_path_factory.mktemp("widened") / "study"
    run_study(StudyStore.create(directory, plan(2)), OneByOne())
    return directory


def go_on(of_two, directory, wanted):
    """Run a copy of the study with another plan: its run, the tasks, what was said, records before a task."""
    shutil.copytree(of_two, directory)
    store = StudyStore.create(directory, wanted)
    cell = store.plan.cells[0]
    said = adoptions_in_words(find_adoptions(directory, store.plan))
    there = []
    engine = OneByOne(before=lambda _: there.append(store.records(cell).total()))
    run_study(store, engine)
    return runs_of(directory)[cell.id], engine.performed, said, there


def test_more_cycles_begin_with_those_that_are_there_and_end_as_if_run_at_once(of_two, tmp_path):
    found, performed, said, there = go_on(of_two, tmp_path / "study", plan(3))
    assert found == next(iter(run_alone(plan(3), tmp_path).values()))
    assert len(performed) == 1
    assert there == [5], "two cycles of two strategies, and the first of the one that looks at their number"
    assert said == [
        "kept for 1 cell of 3 cycles: 5 records of runs of 2 cycles; their last models are trained again, "
        f"without queries and evaluations; {LOOKING} depends on the number of cycles: it is computed again "
        "from cycle 2 on"
    ]


def test_fewer_cycles_are_there_already(of_two, tmp_path):
    found, performed, said, _ = go_on(of_two, tmp_path / "study", plan(1))
    assert performed == []
    assert found == next(iter(run_alone(plan(1), tmp_path).values()))
    assert said == ["kept for 1 cell of 1 cycle: 3 records of runs of 2 cycles"]


def test_what_other_settings_or_other_data_made_is_not_taken_over(of_two, tmp_path):
    assert find_adoptions(of_two, plan(3, seed=1)) == []
    assert find_adoptions(of_two, plan(2)) == []
    assert len(find_adoptions(of_two, plan(3))) == 1
    other = tmp_path / "study"
    shutil.copytree(of_two, other)
    for file in other.glob("runs/*/environment.json"):
        file.write_text(file.read_text().replace('"data": "', '"data": "other'))
    assert find_adoptions(other, plan(3)) == []
    assert find_adoptions(tmp_path / "nowhere", plan(3)) == []
