"""Cells whose strategies look at π₁: another π₁ is another cell; earlier studies stay whole."""

import pytest

from alcore.experiment.cycle_key import CycleKey
from alcore.storage.run_store import RunStore
from alcore.study.plan import former_id
from alcore.study.reader import StudyReader
from alcore.study.study_store import StudyStore
from tests.study.helpers import plan_of

LOOKS, LOOKS_NOT = ["random", "malls"], ["random", "entropy"]


def study_at(directory, prevalence, strategies):
    """The study's store and its only cell, planned at a π₁."""
    plan = plan_of({"pool_prevalence": [0.2]}, strategies=strategies, test_prevalence=prevalence)
    store = StudyStore.create(directory, plan)
    return store, store.plan.cells[0]


def with_a_record(directory, cell, name=""):
    """Let a cell's run, by default under its own id, have a record."""
    store = RunStore.create(directory / "runs" / (name or cell.id), cell.config)
    store.record_path(CycleKey(1, 1, "random")).write_bytes(b"a record")


@pytest.mark.parametrize(("strategies", "found"), [(LOOKS, 0), (LOOKS_NOT, 1)])
def test_records_made_at_another_prevalence_are_taken_over_where_nobody_looked_at_it(
    tmp_path, strategies, found
):
    _, cell = study_at(tmp_path / "study", 0.02, strategies)
    with_a_record(tmp_path / "study", cell)
    store, cell = study_at(tmp_path / "study", 0.5, strategies)
    assert store.records(cell).total() == found
    store, cell = study_at(tmp_path / "study", 0.02, strategies)
    assert store.records(cell).total() == 1, "and the first ones are there when they are asked for again"


def test_a_study_of_an_earlier_version_goes_on_under_the_ids_that_it_has(tmp_path):
    store, cell = study_at(tmp_path / "study", 0.02, LOOKS)
    old = former_id(cell.config)
    assert old != cell.id
    with_a_record(store.directory, cell, old)
    opened = StudyStore(store.directory)
    assert opened.records(opened.plan.cells[0]).total() == 1
    assert StudyReader.open(store.directory).plan.cells[0].id == old
    assert opened.plan.with_repetitions(7).cells[0].id == old
    store, cell = study_at(tmp_path / "study", 0.5, LOOKS)
    assert store.records(cell).total() == 0, "what it chose at 2 % is not what it would choose at 50 %"


def test_ids_of_cells_whose_strategies_do_not_look_are_as_they_were():
    cell = plan_of().cells[0]
    assert cell.id == former_id(cell.config)
