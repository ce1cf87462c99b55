"""Does a campaign's random slice hold the truth in 95 % of cases? Whole campaigns, with trained models.

    python -m tests.benchmarks.slices [--campaigns 200]

Each campaign draws its images from 3,000 surfaces, 15 % of them defective: 500 that a strategy chooses from,
200 that are set apart. It asks for five batches of 60, a fifth of each a random slice, by entropy and with
the demo's network. The truth is the share of defective surfaces among all 3,000, and the IoU of the
campaign's last model on all that no strategy could choose. Prints a Markdown table: how often the slice's
intervals held both, how wide they were on average, and what the labels that the strategy chose would have
said.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np

from alcore.config import RunConfig, load_config
from alcore.data.patches import Split
from alcore.data.synthetic import SyntheticPatches
from alcore.experiment.cycle import initial_learner
from alcore.experiment.loop import run
from alcore.metrics import metrics_from_counts
from alcore.statistics.random_slice import Estimated, iou_estimate, prevalence_estimate

_SURFACES, _DEFECTIVE, _POOL, _APART = 3000, 450, 500, 200
_QUERY, _CYCLES, _SHARE = 60, 5, 0.2


class _Line(SyntheticPatches):
    """Surfaces of one campaign: the pool is TRAIN, what is set apart TEST, and nobody asks for the others."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        every = np.random.default_rng(0)  # the same 3,000 for all campaigns
        kinds = [np.flatnonzero(self.defective == kind) for kind in (True, False)]
        sizes = (_DEFECTIVE, _SURFACES - _DEFECTIVE)
        drawn = [every.choice(of, size, replace=False) for of, size in zip(kinds, sizes, strict=True)]
        self.items = np.random.default_rng(seed).permutation(np.concatenate(drawn))
        self.split = np.full(self.defective.shape, Split.UNLABELLED, dtype=np.uint8)
        self.split[self.items[:_POOL]] = Split.TRAIN
        self.split[self.items[_POOL : _POOL + _APART]] = Split.TEST


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--campaigns", type=int, default=200)
    campaigns = parser.parse_args().campaigns
    held, width, chosen = [], [], []
    for seed in range(campaigns):
        pairs, naive = _campaign(seed)
        held.append([one.low <= truth <= one.high for one, truth in pairs])
        width.append([one.high - one.low for one, _ in pairs])
        chosen.append(naive - np.array([truth for _, truth in pairs]))
        print(f"\r{seed + 1} of {campaigns}: {np.mean(held, axis=0)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    rows = zip(*(np.mean(part, axis=0) for part in (held, width, chosen)), strict=True)
    print(
        "| of | the slice's interval held it in | its mean width | the chosen labels are off by, on average |"
    )
    print("| --- | --- | --- | --- |")
    for name, (share, wide, off) in zip(("prevalence", "IoU"), rows, strict=True):
        print(f"| {name} | {100 * share:.1f} % | {wide:.3f} | {off:+.3f} |")


def _campaign(seed: int) -> tuple[list[tuple[Estimated, float]], np.ndarray]:
    """(estimate, truth) of prevalence and IoU; and what the chosen labels say about both."""
    patches, config = _Line(seed), _config(seed)
    *_, last = records = list(run(config, patches))
    learner = initial_learner(config, patches, 1)
    learner.load(last.weights)
    share, iou = prevalence_estimate(last.test_defective), iou_estimate(last.counts)
    assert share is not None, "the slice has 60 images"
    truth = _iou(learner.evaluate(np.sort(patches.items[_POOL:])).counts)
    bought = np.concatenate([record.selection.items for record in records])
    naive = np.array([patches.defective[bought].mean(), _iou(learner.evaluate(bought).counts)])
    found = [(share, _DEFECTIVE / _SURFACES), (iou or Estimated(0.0, 0.0, 1.0), truth)]
    return found, naive


def _iou(counts: np.ndarray) -> float:
    return float(metrics_from_counts(counts.sum(axis=0))["iou"])


def _config(seed: int) -> RunConfig:
    return load_config("demo").model_copy(
        update={
            "pool_size": _POOL,
            "query_size": _QUERY,
            "cycles": _CYCLES,
            "random_slice": _SHARE,
            "strategies": ("entropy",),
            "seed": seed,
            "threads": 1,
        }
    )


if __name__ == "__main__":
    main()
