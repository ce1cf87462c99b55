"""What a study costs beside its runs: python -m tests.benchmarks.study [ENGINE ...]

Runs per hour against workers, each engine against the same runs in one process without any engine; and what
is left of the time between runs (the scheduler's cost), on real runs of some seconds.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from alcore.study.engines import ENGINES, make_engine
from alcore.study.plan import StudyPlan, make_study
from alcore.study.scheduler import run_study
from alcore.study.study_store import StudyStore
from tests.study.helpers import OneByOne

_STUDY = {
    "base": {
        "dataset": "synthetic",
        "pool_size": 300,
        "test_size": 160,
        "query_size": 16,
        "cycles": 4,
        "repetitions": 4,
        "model": {
            "encoder": "tu-test_efficientnet",
            "options": {"decoder_channels": [32, 24, 16, 12, 8]},
        },
        "training": {"steps": 20},
        "device": "cpu",
        "threads": 1,
    },
    "grid": {"pool_prevalence": [0.1, 0.3]},
    "test_prevalences": [0.02, 0.1, 0.5],
}


@dataclass
class Timed:
    """An engine that notes when outcomes came and how long their tasks took."""

    engine: object
    begun: float = 0.0
    came: list[float] = None
    seconds: list[float] = None

    def describe(self) -> str:
        return self.engine.describe()

    def workers_for(self, config) -> int:
        return self.engine.workers_for(config)

    def perform_all(self, tasks, desk) -> Iterator:
        self.begun, self.came, self.seconds = time.monotonic(), [], []
        for outcome in self.engine.perform_all(tasks, desk):
            self.came.append(time.monotonic())
            self.seconds.append(outcome.seconds)
            yield outcome


def measure(plan: StudyPlan, engine, workers: int) -> tuple[float, float, float]:
    """Runs an hour from the first task's start on, seconds until then, and the share of time between runs."""
    timed = Timed(engine)
    with tempfile.TemporaryDirectory() as scratch:
        store = StudyStore.create(Path(scratch) / "study", plan)
        standing = run_study(store, timed)
    assert standing.finished == plan.runs, "a run failed"
    started = timed.came[0] - timed.seconds[0]
    ended = time.monotonic()
    worked, paid = sum(timed.seconds), (timed.came[-1] - started) * workers
    tail = sum(timed.came[-1] - came for came in timed.came[-workers:])  # the last tasks do not end together
    return plan.runs / (ended - started) * 3600, started - timed.begun, 1 - worked / (paid - tail)


def main() -> None:
    """Print a table."""
    plan = make_study(_STUDY)
    print(f"{plan.runs} runs, {psutil.cpu_count()} cores")
    warm = OneByOne()
    measure(make_study(_STUDY | {"base": _STUDY["base"] | {"repetitions": 1}}), warm, 1)  # imports and caches
    table = [("one by one, no engine", OneByOne(), 1)]
    for name in sys.argv[1:] or ENGINES:
        table += [(f"{name}, {count}", make_engine(name, workers=count), count) for count in (1, 2)]
    first = None
    for title, engine, workers in table:
        rate, start, between = measure(plan, engine, workers)
        first = first or rate
        print(
            f"{title:<24} {rate:6.0f} runs/h ({rate / first:.2f} x), starts in {start:4.1f} s, "
            f"{between:6.1%} of the time between runs",
            flush=True,
        )


if __name__ == "__main__":
    main()
