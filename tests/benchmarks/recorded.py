"""The recorded studies of cold starts, run again, and docs/results.md from them.

    make bench-recorded                                        everything: about two hours on one core
    python -m tests.benchmarks.recorded --work DIR             the same, into DIR, from where it stopped there
    python -m tests.benchmarks.recorded --repetitions 15       as many as the paper has: six hours
    python -m tests.benchmarks.recorded --pools 0.5            thresholds of these pools only, for the studies
                                                               of warm starts: minutes for each pool

The plans are tests/benchmarks/plans/*.json: cold starts, 20 % of the pool in 10 cycles, deployment at 1 and
5 % among others, and tiles of 128 pixels, at which most defects survive. Repetitions are fewer than the
paper's 15, steps are few, and the tiles have two pools of 400: that is what fits into two hours. The tiles
are imported from MAGNETIC_TILE_DIR where that is set and they are not there yet.

With --pools, cells of the recorded plans are run again for what the recorded results lack, counts at other
thresholds. Nothing is taken over unless all counts of such a cell equal the recorded ones, to the pixel.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from alcore.data.collection import dataset_names
from alcore.study.plan import StudyPlan, load_study, make_study
from alcore.study.reader import POOL_AXIS, RECORDED, StudyReader
from alcore.study.threshold_table import FILE as THRESHOLDS
from alcore.study.threshold_table import read_thresholds
from tests.benchmarks.results import COLD, WARM, write_documents

PLANS = Path(__file__).parent / "plans"
KEPT = ("study.json", "cells.csv", "summary.csv", THRESHOLDS)


def main() -> None:
    """Run, take over, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path(".alcore/recorded"), help="where the studies run")
    parser.add_argument("--workers", type=int, help="runs side by side")
    parser.add_argument("--repetitions", type=int, help="instead of the plan's")
    parser.add_argument("--pools", type=float, nargs="+", help="thresholds of these π₀ only")
    chosen = parser.parse_args()
    for name in WARM if chosen.pools else COLD:
        plan = _plan(name, chosen.pools, chosen.repetitions)
        done = run(plan, chosen.work / name, chosen.workers)
        if chosen.pools:
            take_thresholds(done, RECORDED / name)
        else:
            take_over(done, RECORDED / name)
    write_documents()


def _plan(name: str, pools: list[float] | None, repetitions: int | None) -> StudyPlan:
    plan = load_study(RECORDED / name / "study.json" if pools else PLANS / f"{name}.json")
    values = json.loads(plan.to_json())
    if pools:
        values["grid"][POOL_AXIS] = pools
    if repetitions:
        values["base"]["repetitions"] = repetitions
    return make_study(values)


def run(plan: StudyPlan, directory: Path, workers: int | None) -> Path:
    """Run a study to its end, as the command line does; its directory."""
    for dataset in {cell.config.dataset for cell in plan.cells} - set(dataset_names()):
        _import_tiles(dataset)
    file = directory.with_suffix(".json")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(plan.to_json(), encoding="utf-8")
    more = [] if workers is None else ["--workers", str(workers)]
    command = [sys.executable, "-m", "alcore", "study", str(file), "--out", str(directory), *more]
    subprocess.run(command, check=True)
    return directory


def _import_tiles(dataset: str) -> None:
    source = os.environ.get("MAGNETIC_TILE_DIR")
    if not source:
        raise SystemExit(f"there is no data set {dataset!r}; set MAGNETIC_TILE_DIR to where the tiles are")
    size = dataset.rpartition("-")[2] if dataset.rpartition("-")[2].isdigit() else "64"
    options = ["--name", dataset, "--format", "magnetic-tile", "--patch", f"{size}x{size}"]
    options += ["--vanished-are-clean"]  # as they were when the studies were recorded
    subprocess.run([sys.executable, "-m", "alcore", "data", "import", source, *options], check=True)


def take_over(done: Path, recorded: Path) -> None:
    """Put what is kept of a finished study in the place of a recorded one."""
    shutil.rmtree(recorded / "results", ignore_errors=True)
    shutil.copytree(done / "results", recorded / "results")
    for name in KEPT:
        shutil.copy(done / name, recorded / name)
    shutil.copy(next((done / "runs").glob("*/environment.json")), recorded / "environment.json")


def take_thresholds(done: Path, recorded: Path) -> None:
    """Add a finished study's rows of thresholds.csv to a recorded one, of whose cells it is a part.

    Raises:
        SystemExit: some count is not the recorded one, so that these are other models.
    """
    new, old = StudyReader.open(done), StudyReader.open(recorded)
    for cell in new.plan.cells:
        mine, theirs = new.results(cell.id), old.results(cell.id)
        if mine is None or theirs is None or not np.array_equal(mine.counts, theirs.counts):
            raise SystemExit(
                f"{done}: cell {cell.id} is not what was recorded; other versions round otherwise"
            )
    rows = read_thresholds(done / THRESHOLDS, new.plan)
    kept = read_thresholds(recorded / THRESHOLDS, old.plan)
    if len(kept):
        rows = pd.concat([kept[~kept["cell"].isin(rows["cell"])], rows])
    order = [cell.id for cell in old.plan.cells]
    rows = rows.sort_values("cell", key=lambda ids: ids.map(order.index), kind="stable")
    rows.to_csv(recorded / THRESHOLDS, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
