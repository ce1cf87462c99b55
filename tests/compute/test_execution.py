import json
import shutil
import time
from itertools import cycle

import numpy as np
import pandas as pd
import pytest

from alcore.compute.events import Ended
from alcore.compute.execution import execute
from alcore.compute.run_control import RunControl, Stopped
from alcore.config import make_config
from alcore.metrics import METRICS, counts_at_prevalence, metrics_from_counts
from alcore.server.runners import ChildRunner, ThreadRunner
from alcore.storage.run_store import RunStore
from tests.conftest import SMALL
from tests.following import bytes_of


@pytest.fixture
def finished(small_run):
    """One finished run, not to be changed."""
    return RunStore(small_run)


def test_the_tables_have_the_promised_columns(finished):
    metrics = pd.read_csv(finished.directory / "metrics.csv")
    assert list(metrics.columns[:9]) == [
        *("strategy", "repetition", "cycle", "labelled", "prevalence", "iou", "dice", "precision", "recall")
    ]
    assert len(metrics) == 3 * 3 * 2
    assert set(metrics["prevalence"]) == {0.2, 0.02}
    selections = pd.read_csv(finished.directory / "selections.csv")
    assert list(selections.columns) == [
        "strategy",
        "repetition",
        "cycle",
        "rank",
        "item",
        "score",
        "defective",
    ]
    assert len(selections) == 3 * 3 * 6
    assert (
        selections.groupby(["strategy", "cycle"])["rank"]
        .apply(list)
        .map(lambda r: r == [1, 2, 3, 4, 5, 6])
        .all()
    )
    counts = pd.read_parquet(finished.directory / "counts.parquet")
    assert list(counts.columns) == [
        *("strategy", "repetition", "cycle", "item", "defective", "tp", "fp", "fn", "tn", "max_probability")
    ]
    assert len(counts) == 3 * 3 * 24


def test_the_metrics_follow_from_the_counts(finished):
    metrics = pd.read_csv(finished.directory / "metrics.csv")
    counts = pd.read_parquet(finished.directory / "counts.parquet")
    for _, row in metrics.iterrows():
        own = counts[(counts["strategy"] == row["strategy"]) & (counts["cycle"] == row["cycle"])]
        expected = metrics_from_counts(
            counts_at_prevalence(
                own[["tp", "fp", "fn", "tn"]].to_numpy(), own["defective"].to_numpy(), row["prevalence"]
            )
        )
        assert all(np.isclose(row[name], expected[name], equal_nan=True) for name in METRICS)


@pytest.mark.slow
def test_one_seed_gives_the_same_bytes_again_in_a_thread_and_in_a_worker(finished, tmp_path, small):
    expected = bytes_of(finished.directory)
    assert len(expected) == 6 + 9  # config, environment, four tables, nine records; no weights are left
    for runner in (ThreadRunner(), ChildRunner()):
        store = RunStore.create(tmp_path / type(runner).__name__, small)
        events = []
        runner.run(store.directory, events.append)
        assert events[-1] == Ended("finished")
        assert bytes_of(store.directory) == expected


@pytest.mark.slow
def test_a_clock_that_jumps_to_and_fro_changes_no_byte_and_no_estimate(
    finished, tmp_path, small, monkeypatch
):
    year = 366 * 24 * 3600
    jumps = cycle([time.time(), time.time() - year, time.time() + year])
    monkeypatch.setattr(time, "time", lambda: next(jumps))
    store, events = RunStore.create(tmp_path / "run", small), []
    execute(store, emit=events.append)
    assert bytes_of(store.directory) == bytes_of(finished.directory)
    progress = [event for event in events if event.event == "progress"]
    assert all(0 <= event.elapsed < 3600 and 0 <= (event.left or 0) < 3600 for event in progress)
    assert progress


@pytest.mark.slow
def test_another_seed_gives_other_bytes(finished, tmp_path):
    store = RunStore.create(tmp_path / "run", make_config(SMALL | {"seed": 1}))
    execute(store)
    assert bytes_of(store.directory)["metrics.csv"] != bytes_of(finished.directory)["metrics.csv"]


@pytest.mark.slow
@pytest.mark.parametrize("records", [3, 4, 7])
def test_a_stopped_run_resumes_to_the_same_bytes(finished, tmp_path, small, records):
    store = RunStore.create(tmp_path / "run", small)
    control = RunControl()

    def stop_after(event):
        if event.event == "record" and event.finished == records:
            control.say("stop")

    with pytest.raises(Stopped):
        execute(store, control=control, emit=stop_after)
    assert len(store.committed()) == records
    assert len(pd.read_csv(store.directory / "metrics.csv")) == 2 * records
    execute(store)
    assert bytes_of(store.directory) == bytes_of(finished.directory)


def test_a_finished_run_resumes_to_nothing_new(finished, tmp_path):
    copy = RunStore(shutil.copytree(finished.directory, tmp_path / "run"))
    execute(copy)
    assert bytes_of(copy.directory) == bytes_of(finished.directory)


def test_the_environment_is_on_record(finished):
    environment = json.loads((finished.directory / "environment.json").read_text())
    assert environment["device"] == "cpu"
    assert {"torch", "numpy", "python", "data", "alcore"} <= set(environment)
