"""Conducting: what is computed, kept, found again, and never computed twice."""

import shutil
from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest

from alcore.compute.execution import execute
from alcore.errors import StoreError
from alcore.statistics.operating import AT_HALF, BEST, REMEDIES
from alcore.storage.evidence import gather
from alcore.storage.run_records import RunRecords
from alcore.storage.run_store import RunStore
from alcore.study.results import CellResults, collect
from alcore.study.scheduler import run_study
from alcore.study.study_store import StudyBroker, StudyStore
from alcore.study.tasks import Task
from alcore.study.threshold_table import read_thresholds
from tests.following import bytes_of
from tests.study.helpers import OneByOne, plan_of, runs_of

pytestmark = pytest.mark.slow


@pytest.fixture
def done(finished_study, alone):
    """A finished study and, for comparison, its runs one by one; not to be changed."""
    return StudyStore(finished_study), alone


def copy_of(store, path):
    shutil.copytree(store.directory, path)
    return StudyStore(path)


def test_runs_of_a_study_are_runs_byte_for_byte(done):
    store, alone = done
    assert runs_of(store.directory) == alone


def test_cells_csv_has_the_grid_and_paired_differences(done):
    store, _ = done
    table = pd.read_csv(store.directory / "cells.csv")
    columns = "pool_prevalence test_prevalence strategy repetitions aubc aubc_minus_random low high"
    assert list(table.columns) == columns.split()
    assert len(table) == 2 * 2 * 2
    assert set(table["repetitions"]) == {2}
    random = table[table["strategy"] == "random"]
    assert (random[["aubc_minus_random", "low", "high"]] == 0).all(axis=None)
    keys = ["pool_prevalence", "test_prevalence"]
    both = table[table["strategy"] == "entropy"].merge(random, on=keys)
    assert np.allclose(both["aubc_x"] - both["aubc_y"], both["aubc_minus_random_x"])
    assert (both["low_x"] <= both["aubc_minus_random_x"]).all()
    assert (both["high_x"] >= both["aubc_minus_random_x"]).all()


def test_results_hold_the_evidence_of_the_run(done):
    store, _ = done
    cell = store.plan.cells[0]
    from_results = CellResults.load(store.results_file(cell.id)).evidence
    from_run = gather(RunRecords(RunStore(store.run_directory(cell.id))))
    assert np.allclose(from_results.means, from_run.means)
    assert np.allclose(from_results.query_share, from_run.query_share)
    assert from_results.strategies == from_run.strategies
    assert from_results.labelled.tolist() == from_run.labelled.tolist()
    assert from_results.pool_overlap == from_run.pool_overlap > 0


def test_thresholds_csv_has_every_rule_and_half_is_what_the_summary_says(done):
    store, _ = done
    table = read_thresholds(store.directory / "thresholds.csv", store.plan)
    summary = pd.read_csv(store.directory / "summary.csv")
    rules = [AT_HALF, *REMEDIES]
    assert table.groupby(["cell", "test_prevalence", "strategy"], sort=False)["rule"].apply(
        list
    ).tolist() == ([rules] * len(summary))
    half = table[table["rule"] == rules[0]]
    keys = ["cell", "test_prevalence", "strategy"]
    both = summary.merge(half, on=keys, suffixes=("", "_half"), validate="one_to_one")
    for name in ("aubc", "aubc_low", "aubc_high", "final", "final_low", "final_high"):
        assert np.allclose(both[name], both[f"{name}_half"], atol=1e-12), name
    gains = table[table["rule"] != AT_HALF].pivot_table(index=keys, columns="rule", values="gain")
    assert (gains[BEST] >= gains.max(axis=1) - 1e-12).all()


def test_thresholds_wait_for_whole_cells_and_are_made_again_where_they_are_gone(done, tmp_path):
    store = copy_of(done[0], tmp_path / "copy")
    expected = (store.directory / "thresholds.csv").read_text()
    (store.directory / "thresholds.csv").unlink()
    run_study(store, OneByOne())
    assert (store.directory / "thresholds.csv").read_text() == expected


def test_results_from_before_pools_were_kept_open_and_say_nothing_of_them(done, tmp_path):
    store, _ = done
    results = CellResults.load(store.results_file(store.plan.cells[0].id))
    replace(results, pools=None).save(tmp_path / "old.npz")
    old = CellResults.load(tmp_path / "old.npz")
    assert old.pools is None
    assert old.evidence.pool_overlap is None
    assert np.array_equal(old.counts, results.counts)
    run = RunStore(store.run_directory(store.plan.cells[0].id))
    again = collect(run, [1, 2], replace(old, **first_of(old)))
    assert again.repetitions.tolist() == [1, 2]
    assert again.pools is None


def first_of(results):
    """The arrays of the first repetition alone."""
    arrays = {field.name: getattr(results, field.name) for field in fields(results) if field.name != "config"}
    return {name: value[:1] for name, value in arrays.items() if value is not None}


def test_a_single_repetition_resamples_patches(done, tmp_path):
    store, _ = done
    cell = store.plan.cells[0]
    results = CellResults.load(store.results_file(cell.id))
    only_first = CellResults(
        results.config, *(getattr(results, name)[:1] for name in list(vars(results))[1:8])
    )
    assert only_first.evidence.resampled.shape[1:] == (2, 2, 2, 5)


def test_a_finished_study_is_not_computed_again(done, tmp_path):
    store = copy_of(done[0], tmp_path / "copy")
    before = bytes_of(store.directory)
    engine = OneByOne()
    standing = run_study(store, engine)
    assert engine.performed == []
    assert (standing.finished, standing.tasks) == (4, 4)
    after = bytes_of(store.directory)
    assert {name: after[name] for name in before if "sqlite" not in name} == {
        name: content for name, content in before.items() if "sqlite" not in name
    }


def test_more_repetitions_later_lose_none_of_the_earlier(done, tmp_path):
    store = copy_of(done[0], tmp_path / "copy")
    more = StudyStore.create(store.directory, store.plan.with_repetitions(3))
    engine = OneByOne()
    run_study(more, engine)
    assert engine.performed == [(cell.id, 3) for cell in more.plan.cells]
    first = more.plan.cells[0]
    execute(RunStore.create(tmp_path / "alone", first.config))
    assert runs_of(more.directory)[first.id] == bytes_of(tmp_path / "alone")
    assert set(pd.read_csv(more.directory / "cells.csv")["repetitions"]) == {3}


def test_a_wider_grid_keeps_the_cells_that_both_have(done, tmp_path):
    store = copy_of(done[0], tmp_path / "copy")
    wider = StudyStore.create(store.directory, plan_of({"pool_prevalence": [0.3, 0.5]}))
    engine = OneByOne()
    run_study(wider, engine)
    assert {cell for cell, _ in engine.performed} == {wider.plan.cells[1].id}
    assert sorted(set(pd.read_csv(wider.directory / "cells.csv")["pool_prevalence"])) == [0.3, 0.5]


def test_stopped_in_the_middle_of_a_repetition_and_resumed(done, tmp_path):
    store = StudyStore.create(tmp_path / "study", plan_of())
    standing = run_study(store, OneByOne(before=lambda task: store.ask_to_stop()))
    assert standing.finished == 0
    broker, task = StudyBroker(store.directory), Task(store.plan.cells[0].id, store.plan.cells[0].config, 1)
    store.make_run(store.plan.cells[0])
    from alcore.study.tasks import perform

    store.withdraw_stop()
    cut = _StopsAfter(broker, 2)
    assert perform(task, cut).status == "waiting"
    assert len(RunStore(store.run_directory(task.cell)).committed()) == 2
    standing = run_study(store, OneByOne())
    assert (standing.finished, standing.failed) == (4, 0)
    assert runs_of(store.directory) == done[1]


class _StopsAfter:
    """A broker that asks the task to leave after some deliveries."""

    def __init__(self, broker, deliveries):
        self.broker, self.left = broker, deliveries
        self.patches, self.fetch = broker.patches, broker.fetch

    def deliver(self, task, files):
        self.left -= 1
        return self.broker.deliver(task, files) and self.left > 0


def test_a_failing_task_is_reported_and_tried_again(done, tmp_path, monkeypatch):
    from alcore.compute import execution

    store = StudyStore.create(tmp_path / "study", plan_of())
    true = execution.execute_repetition

    def fails_once(run, patches, repetition, **rest):
        if run.config.pool_prevalence == 0.3 and repetition == 1:
            raise RuntimeError("a cosmic ray")
        true(run, patches, repetition, **rest)

    monkeypatch.setattr(execution, "execute_repetition", fails_once)
    standing = run_study(store, OneByOne())
    assert (standing.finished, standing.failed) == (3, 1)
    [(cell, repetition, message)] = store.ledger().failures()
    assert (cell, repetition) == (store.plan.cells[1].id, 1)
    assert "a cosmic ray" in message
    monkeypatch.undo()
    engine = OneByOne()
    run_study(store, engine)
    assert engine.performed == [(store.plan.cells[1].id, 1)]
    assert runs_of(store.directory) == done[1]


def test_a_lost_ledger_and_lost_results_are_made_again(done, tmp_path):
    store = copy_of(done[0], tmp_path / "copy")
    for path in [*store.directory.glob("progress.sqlite*"), *store.directory.glob("results/*")]:
        path.unlink()
    (store.directory / "cells.csv").unlink()
    run_study(store, OneByOne())
    assert (store.directory / "cells.csv").read_bytes() == (done[0].directory / "cells.csv").read_bytes()
    assert {progress.finished for progress in store.ledger().by_cell().values()} == {2}
    assert all(store.results_file(cell.id).exists() for cell in store.plan.cells)


def test_records_that_were_removed_are_computed_again(done, tmp_path):
    store = copy_of(done[0], tmp_path / "copy")
    first = store.plan.cells[0]
    results = CellResults.load(store.results_file(first.id))
    from dataclasses import replace

    replace(results, counts=results.counts * 0).save(store.results_file(first.id))
    shutil.rmtree(store.run_directory(first.id))
    engine = OneByOne()
    run_study(store, engine)
    assert {cell for cell, _ in engine.performed} == {first.id}
    assert runs_of(store.directory) == done[1]
    assert (store.directory / "cells.csv").read_bytes() == (done[0].directory / "cells.csv").read_bytes()


def test_damaged_results_are_made_again_and_a_damaged_record_fails_its_cell_alone(done, tmp_path):
    store = copy_of(done[0], tmp_path / "copy")
    first, second = store.plan.cells
    store.results_file(first.id).write_bytes(b"not a zip file")
    next(store.run_directory(second.id).glob("records/r00002*")).write_bytes(b"nor this")
    store.results_file(second.id).unlink()
    standing = run_study(store, OneByOne())
    assert (standing.finished, standing.failed) == (2, 2)
    assert "is damaged" in store.ledger().failures()[0][2]
    assert len(CellResults.load(store.results_file(first.id)).repetitions) == 2


def test_a_data_set_that_was_replaced_stops_the_study_before_it_starts(home, tmp_path):
    from alcore.data.collection import delete_dataset, make_surfaces
    from alcore.data.synthetic import SurfaceSettings

    make_surfaces("mine", SurfaceSettings(count=1000))
    store = StudyStore.create(tmp_path / "study", plan_of(dataset="mine", repetitions=1))
    run_study(store, OneByOne())
    delete_dataset("mine")
    make_surfaces("mine", SurfaceSettings(count=1000, seed=1))
    wider = plan_of({"pool_prevalence": [0.1, 0.2, 0.3]}, dataset="mine", repetitions=1)
    with pytest.raises(StoreError, match="'mine' has changed since"):
        run_study(StudyStore.create(store.directory, wider), OneByOne())


def test_a_rehearsal_does_not_enter_a_study_with_runs(done, tmp_path):
    store = copy_of(done[0], tmp_path / "copy")
    with pytest.raises(StoreError, match="rehearse in a new directory"):
        run_study(store, OneByOne(), rehearsal=True)


def test_an_error_of_the_conductor_lets_the_workers_stop(done, tmp_path, monkeypatch):
    store = StudyStore.create(tmp_path / "study", plan_of())
    monkeypatch.setattr(CellResults, "save", lambda self, file: (_ for _ in ()).throw(StoreError("no space")))
    with pytest.raises(StoreError, match="no space"):
        run_study(store, OneByOne())
    assert store.is_asked_to_stop


def test_a_directory_that_holds_something_else_is_left_alone(tmp_path):
    (tmp_path / "letters.txt").write_text("dear")
    with pytest.raises(StoreError, match="holds no study"):
        StudyStore.create(tmp_path, plan_of())
    with pytest.raises(StoreError, match="no study"):
        StudyStore(tmp_path)


def test_two_conductors_do_not_share_a_study(done, tmp_path):
    store = copy_of(done[0], tmp_path / "copy")
    with store.lock().acquire(), pytest.raises(StoreError, match="in use by another"):
        run_study(StudyStore(store.directory), OneByOne())


def test_a_task_can_hand_in_files_of_a_run_alone(done, tmp_path):
    store = copy_of(done[0], tmp_path / "copy")
    cell = store.plan.cells[0]
    for name in ("../../escape", "config.json", "records/../../x", "/etc/x", "records/x/y"):
        with pytest.raises(StoreError):
            StudyBroker(store.directory).deliver(Task(cell.id, cell.config, 1), {name: b""})


def test_a_rehearsal_goes_through_all_tasks_and_leaves_no_run(tmp_path):
    store = StudyStore.create(tmp_path / "study", plan_of())
    standing = run_study(store, OneByOne(), rehearsal=True)
    assert standing.finished == 4
    assert not list((store.directory / "runs").iterdir())
