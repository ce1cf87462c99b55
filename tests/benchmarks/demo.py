"""Is the demo worth watching, and how fast is it? Seeds of both demo presets, in turn on the same cores.

    python -m tests.benchmarks.demo [--seeds 5] [--only demo]

Prints a Markdown table of IoU by labels for each preset, means over seeds, and what a run takes: wall time of
`alcore run`, processor time of all its processes, and the ratios of both. A frozen encoder's features are
computed by the first run, as on a new machine, and kept for the others.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import psutil

from alcore.config import load_config

_PRESETS = ("demo-scratch", "demo")


class _Cost(NamedTuple):
    """Of one run: seconds on the clock, and of all processors."""

    wall: float
    cpu: float


def main() -> None:
    """Run the presets with several seeds and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", choices=_PRESETS)
    options = parser.parse_args()
    presets = [options.only] if options.only else list(_PRESETS)
    frames: dict[str, list[pd.DataFrame]] = {preset: [] for preset in presets}
    costs: dict[str, list[_Cost]] = {preset: [] for preset in presets}
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(options.seeds):
            for preset in presets:
                frame, cost = _run(Path(folder), preset, seed)
                frames[preset].append(frame)
                costs[preset].append(cost)
    for preset in presets:
        _report(preset, pd.concat(frames[preset]), costs[preset])
    if not options.only:
        _compare(costs)


def _run(folder: Path, preset: str, seed: int) -> tuple[pd.DataFrame, _Cost]:
    """metrics.csv at π₀ with found, the defective patches in the query; and what the run took."""
    config = load_config(preset).model_copy(update={"seed": seed})
    file, out = folder / "config.json", folder / f"{preset}-{seed}"
    file.write_text(config.to_json())
    environment = os.environ | {"ALCORE_HOME": str(folder / "home")}
    command = [sys.executable, "-m", "alcore", "run", str(file), "--out", str(out)]
    cost = _cost_of(command, environment)
    metrics = pd.read_csv(out / "metrics.csv")
    selections = pd.read_csv(out / "selections.csv")
    found = selections.groupby(["strategy", "repetition", "cycle"])["defective"].sum().rename("found")
    at_pool = metrics[metrics["prevalence"] == config.pool_prevalence]
    return at_pool.join(found, on=["strategy", "repetition", "cycle"]), cost


def _cost_of(command: list[str], environment: dict[str, str]) -> _Cost:
    """Run a command; ten times a second, note what its processes used: workers have another parent."""
    begun, used = time.perf_counter(), {}
    with psutil.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            with suppress(psutil.Error):
                for one in (process, *process.children(recursive=True)):
                    times = one.cpu_times()
                    used[one.pid] = times.user + times.system
            time.sleep(0.1)
    assert process.returncode == 0, f"{command} failed"
    return _Cost(time.perf_counter() - begun, sum(used.values()))


def _report(preset: str, frame: pd.DataFrame, costs: list[_Cost]) -> None:
    print(f"\n{preset}\n")
    iou = frame.pivot_table(index="strategy", columns="labelled", values="iou", sort=False)
    print(_markdown(iou, "{:.3f}"))
    print(f"\nseconds a run, loading included: {', '.join(f'{cost.wall:.1f}' for cost in costs)}")
    queried = frame[frame["cycle"] > 1].groupby("strategy", sort=False)["found"].mean()
    for strategy in iou.index:
        ratio = queried[strategy] / queried["random"]
        print(f"{strategy}: {queried[strategy]:.1f} defective a query, {ratio:.1f} x random")


def _compare(costs: dict[str, list[_Cost]]) -> None:
    """What a run of the demo takes of what one from scratch does, on the clock and of the processors."""
    scratch, light = (pd.DataFrame(costs[preset]) for preset in _PRESETS)
    first, later = light.iloc[0] / scratch.iloc[0], (light / scratch).iloc[1:].median()
    print("\n| the demo against demo-scratch, side by side | wall | processors |\n| --- | --- | --- |")
    for what, ratio in (("features not kept yet", first), ("features kept, median", later)):
        print(f"| {what} | 1 / {1 / ratio['wall']:.1f} | 1 / {1 / ratio['cpu']:.1f} |")


def _markdown(table: pd.DataFrame, form: str) -> str:
    lines = [f"| {table.index.name} | {' | '.join(str(c) for c in table.columns)} |"]
    lines.append("| --- " * (len(table.columns) + 1) + "|")
    lines += [f"| {name} | {' | '.join(form.format(v) for v in row)} |" for name, row in table.iterrows()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
