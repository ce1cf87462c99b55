"""What a light head gains by its size, layers and training: IoU at π₀ after the last cycle, processor time.

    python -m tests.benchmarks.heads [--seeds 5] [--only NAME]

Runs the demo with each variant, on one thread in this process, with random, entropy and core-set on the same
draws. Features come from the home's store, and are computed first where they are not kept.
"""

from __future__ import annotations

import argparse
import time
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np
from torch import Tensor, nn

from alcore.config import RunConfig, load_config, make_config
from alcore.data.collection import open_dataset
from alcore.experiment.loop import run
from alcore.learning import hypercolumn_head
from alcore.learning.hypercolumn_head import STRIDE, HypercolumnHead
from alcore.metrics import counts_at_prevalence, metrics_from_counts


class FullConvolution(HypercolumnHead):
    """A 3x3 convolution of all channels in place of a depthwise separable one."""

    def __init__(self, *, columns: int, image_channels: int, width: int) -> None:
        """As the head."""
        super().__init__(columns=columns, image_channels=image_channels, width=width)
        self.look = nn.Conv2d(width + image_channels * STRIDE**2, width, 3, padding=1, bias=False)
        self.join = nn.Identity()


class PixelShuffle(HypercolumnHead):
    """An output of its own for each pixel of a position, in place of one that is interpolated."""

    def __init__(self, *, columns: int, image_channels: int, width: int) -> None:
        """As the head."""
        super().__init__(columns=columns, image_channels=image_channels, width=width)
        self.answer = nn.Sequential(nn.Conv2d(width, STRIDE**2, 1), nn.PixelShuffle(STRIDE))


class WithoutImage(HypercolumnHead):
    """The image is not seen."""

    def decode(self, inputs: hypercolumn_head.KeptInputs) -> Tensor:
        """As the head, of a blank image."""
        return super().decode(inputs._replace(images=0 * inputs.images))


class Variant(NamedTuple):
    """A head, and what is set otherwise than in the demo, by dotted name."""

    head: type[HypercolumnHead]
    changes: dict[str, Any]


VARIANTS = {
    "the demo's": Variant(HypercolumnHead, {}),
    "48 components, width 16": Variant(HypercolumnHead, {"model.options": {"width": 16}}),
    "32 components": Variant(HypercolumnHead, {"model.options": {"channels": 32}}),
    "24 steps": Variant(HypercolumnHead, {"training.steps": 24}),
    "60 steps": Variant(HypercolumnHead, {"training.steps": 60}),
    "learning rate 0.01": Variant(HypercolumnHead, {"training.learning_rate": 0.01}),
    "full convolution, width 24": Variant(FullConvolution, {"model.options": {"width": 24}}),
    "pixel shuffle": Variant(PixelShuffle, {}),
    "without the image": Variant(WithoutImage, {}),
    "untrained encoder": Variant(HypercolumnHead, {"model.encoder_weights": "none"}),
}


def main() -> None:
    """Run the variants and print a Markdown table, a row at a time."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", choices=VARIANTS)
    options = parser.parse_args()
    names = [options.only] if options.only else list(VARIANTS)
    print("| head | random | entropy | core-set | seconds a cycle |\n| --- | --- | --- | --- | --- |")
    for name in names:
        found = [_run(VARIANTS[name], seed) for seed in range(options.seeds)]
        iou = np.mean([ious for ious, _ in found], axis=0)
        seconds = np.median([seconds for _, seconds in found])
        print(f"| {name} | {' | '.join(f'{value:.2f}' for value in iou)} | {seconds:.2f} |", flush=True)


def _run(variant: Variant, seed: int) -> tuple[list[float], float]:
    """IoU at π₀ of the strategies after the last cycle, and processor seconds a cycle after the first."""
    config = _changed(variant.changes | {"seed": seed})
    patches = open_dataset(config.dataset)
    with patch.object(hypercolumn_head, "HypercolumnHead", variant.head):
        begun, last, records = 0.0, {}, 0
        for record in run(config, patches):
            begun = begun or time.process_time()
            last[record.key.strategy] = record
            records += record.key.cycle > 1
        seconds = (time.process_time() - begun) / records
    expected = [
        counts_at_prevalence(record.counts, record.test_defective, config.pool_prevalence)
        for record in last.values()
    ]
    return [float(metrics_from_counts(counts)["iou"]) for counts in expected], seconds


def _changed(changes: dict[str, Any]) -> RunConfig:
    values = load_config("demo").model_dump(mode="json")
    for name, value in changes.items():
        *path, key = name.split(".")
        inner = values[path[0]] if path else values
        inner[key] = value
    return make_config(values)


if __name__ == "__main__":
    main()
