"""Is the demo worth watching? Five seeds of the demo preset: IoU a cycle, defects found, time.

    python -m tests.benchmarks.demo [--seeds 5]

Prints a Markdown table of means over seeds and, last, each check with what was measured.
"""

from __future__ import annotations

import argparse
import time

import pandas as pd

from alcore.config import load_config
from alcore.data.collection import open_dataset
from alcore.experiment.loop import run
from alcore.metrics import counts_at_prevalence, metrics_from_counts


def main() -> None:
    """Run the demo preset with several seeds and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    seeds = parser.parse_args().seeds
    patches = open_dataset("synthetic")
    rows, seconds = [], []
    for seed in range(seeds):
        begun = time.perf_counter()
        rows += _run(load_config("demo").model_copy(update={"seed": seed}), patches)
        seconds.append(time.perf_counter() - begun)
    frame = pd.DataFrame(rows)
    iou = frame.pivot_table(index="strategy", columns="labelled", values="iou", sort=False)
    print(_markdown(iou, "{:.3f}"))
    queried = frame[frame["cycle"] > 1].groupby("strategy", sort=False)["defective"].mean()
    print(f"\nseconds a run: {', '.join(f'{s:.0f}' for s in seconds)}")
    for strategy in iou.index:
        rise = iou.loc[strategy].iloc[-1] - iou.loc[strategy].iloc[0]
        ratio = queried[strategy] / queried["random"]
        found = f"{queried[strategy]:.1f} defective a query, {ratio:.1f} x random"
        print(f"{strategy}: IoU rises by {rise:.3f}; {found}")


def _run(config, patches) -> list[dict[str, object]]:
    rows = []
    for record in run(config, patches):
        counts = counts_at_prevalence(record.counts, record.test_defective, config.pool_prevalence)
        rows.append(
            {
                "strategy": record.key.strategy,
                "cycle": record.key.cycle,
                "labelled": record.labelled,
                "iou": float(metrics_from_counts(counts)["iou"]),
                "defective": int(record.selection.defective.sum()),
            }
        )
    return rows


def _markdown(table: pd.DataFrame, form: str) -> str:
    lines = [f"| {table.index.name} | {' | '.join(str(c) for c in table.columns)} |"]
    lines.append("| --- " * (len(table.columns) + 1) + "|")
    lines += [f"| {name} | {' | '.join(form.format(v) for v in row)} |" for name, row in table.iterrows()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
