"""What strategies make of materials that are made to fool them: decoys among their queries, and the gain.

    python -m tests.benchmarks.fooled [--seeds 5]

The demo on brushed metal, which has no decoys, on glazed tile with stains that are none (entropy's trap) and
on paper with rare clean oddities (core-set's), on one thread in this process. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
from collections import defaultdict

import numpy as np

from alcore.config import RunConfig, load_config, make_config
from alcore.data.grounds import FAMILIES
from alcore.data.synthetic import SurfaceSettings, SyntheticPatches
from alcore.experiment.loop import run
from alcore.metrics import counts_at_prevalence, metrics_from_counts
from alcore.statistics.estimands import aubc
from alcore.statistics.sample import Sample

MATERIALS = ("brushed", "glazed", "paper")


def main() -> None:
    """Run each material with each seed, and print a row per strategy."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    seeds = parser.parse_args().seeds
    print("| material | strategy | defective in queries | decoys in queries | AUBC at π₀ | minus random |")
    print("| --- | --- | --- | --- | --- | --- |")
    for family in MATERIALS:
        patches = SyntheticPatches(SurfaceSettings(family=family), name=family)
        values = load_config("demo").model_dump(mode="json") | {"dataset": family}
        configs = [make_config(values | {"seed": seed}) for seed in range(seeds)]
        found = [_run(config, patches) for config in configs]
        random = np.array([one["random"][2] for one in found])
        for strategy in configs[0].strategies:
            defective, decoys, areas = np.array([one[strategy] for one in found]).T
            difference = Sample((areas - random)[:, None], np.zeros((1, 1)))
            (low,), (high,) = difference.interval()
            shown = (
                "" if strategy == "random" else f"{(areas - random).mean():+.3f} ({low:+.3f}, {high:+.3f})"
            )
            print(
                f"| {FAMILIES[family].title} | {strategy} | {defective.mean():.0%} | {decoys.mean():.0%} | "
                f"{areas.mean():.3f} | {shown.replace('-', '−')} |",
                flush=True,
            )


def _run(config: RunConfig, patches: SyntheticPatches) -> dict[str, tuple[float, float, float]]:
    """By strategy: shares of defective patches and of decoys in the queries after the first, and AUBC."""
    queried, ious = defaultdict(list), defaultdict(list)
    for record in run(config, patches):
        if record.key.cycle > 1:
            queried[record.key.strategy].append(record.selection.items)
        counts = counts_at_prevalence(record.counts, record.test_defective, config.pool_prevalence)
        ious[record.key.strategy].append(float(metrics_from_counts(counts)["iou"]))
    labelled = np.array([config.labelled_after(cycle) for cycle in range(1, config.cycles + 1)])
    found = {}
    for strategy, items in queried.items():
        every = np.concatenate(items)
        area = float(aubc(np.array(ious[strategy]), labelled))
        found[strategy] = (
            float(patches.defective[every].mean()),
            float(patches.decoys(every).mean()),
            area,
        )
    return found


if __name__ == "__main__":
    main()
