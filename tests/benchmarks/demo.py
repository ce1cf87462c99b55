"""Is the demo worth watching? Five seeds of the demo preset: IoU a cycle, defects found, time.

    python -m tests.benchmarks.demo [--seeds 5]

Prints a Markdown table of means over seeds and, last, each check with what was measured.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import pandas as pd

from alcore.compute.execution import crew_for, execute
from alcore.config import load_config
from alcore.storage.run_store import RunStore


def main() -> None:
    """Run the demo preset with several seeds and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    seeds = parser.parse_args().seeds
    frames, seconds = [], []
    for seed in range(seeds):
        with tempfile.TemporaryDirectory() as folder:
            begun = time.perf_counter()
            frames.append(_run(Path(folder) / "run", seed))
            seconds.append(time.perf_counter() - begun)
    frame = pd.concat(frames)
    iou = frame.pivot_table(index="strategy", columns="labelled", values="iou", sort=False)
    print(_markdown(iou, "{:.3f}"))
    queried = frame[frame["cycle"] > 1].groupby("strategy", sort=False)["found"].mean()
    print(f"\nseconds a run, PyTorch's loading included: {', '.join(f'{s:.0f}' for s in seconds)}")
    for strategy in iou.index:
        rise = iou.loc[strategy].iloc[-1] - iou.loc[strategy].iloc[0]
        ratio = queried[strategy] / queried["random"]
        found = f"{queried[strategy]:.1f} defective a query, {ratio:.1f} x random"
        print(f"{strategy}: IoU rises by {rise:.3f}; {found}")


def _run(directory: Path, seed: int) -> pd.DataFrame:
    """Columns of metrics.csv at π₀, and found: defective patches in the query."""
    config = load_config("demo").model_copy(update={"seed": seed})
    with crew_for(config) as crew:
        execute(RunStore.create(directory, config), crew=crew)
    metrics = pd.read_csv(directory / "metrics.csv")
    selections = pd.read_csv(directory / "selections.csv")
    found = selections.groupby(["strategy", "repetition", "cycle"])["defective"].sum().rename("found")
    at_pool = metrics[metrics["prevalence"] == config.pool_prevalence]
    return at_pool.join(found, on=["strategy", "repetition", "cycle"])


def _markdown(table: pd.DataFrame, form: str) -> str:
    lines = [f"| {table.index.name} | {' | '.join(str(c) for c in table.columns)} |"]
    lines.append("| --- " * (len(table.columns) + 1) + "|")
    lines += [f"| {name} | {' | '.join(form.format(v) for v in row)} |" for name, row in table.iterrows()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
