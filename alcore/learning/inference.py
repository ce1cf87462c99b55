"""Forward passes in eval mode, without augmentation, and the per-patch numbers made of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from alcore.data.patches import Patches
from alcore.learning.devices import Runtime
from alcore.learning.networks import Output, SegmentationNetwork
from alcore.learning.tensors import Normaliser, to_images, to_masks


@dataclass(frozen=True)
class Evaluation:
    """The sufficient statistic of an evaluation, one row per test patch.

    counts: (T, 4) int32, pixels that are tp, fp, fn, tn at probability 0.5.
    max_probability: (T,) float32, the patch's largest defect probability.
    """

    counts: np.ndarray
    max_probability: np.ndarray


def sweep(
    network: SegmentationNetwork,
    patches: Patches,
    items: np.ndarray,
    *,
    batch_size: int,
    normalise: Normaliser,
    runtime: Runtime,
    flips: tuple[str, ...] = (),
) -> Iterator[tuple[np.ndarray, Output]]:
    """Forward all `items` batch by batch; yields the ids of a batch with what the network says of them.

    With `flips`, of horizontal and vertical, it also looks at every patch in all these ways and turns what it
    sees back again: `Output.views` then has 2 ** len(flips) of them, the patch as it is first.

    Results do not depend on which patches share a batch, up to floating-point rounding.
    """
    was_training = network.training
    network.eval()
    try:
        for start in range(0, items.size, batch_size):
            batch = items[start : start + batch_size]
            images = to_images(patches.images(batch), runtime.device)
            with torch.inference_mode(), runtime.autocast():
                output = network.outputs(normalise(images))
                if flips:
                    turned = [network(normalise(images.flip(way))).float() for way in _ways(flips)[1:]]
                    turned = [logits.flip(way) for logits, way in zip(turned, _ways(flips)[1:])]
                    output = output._replace(views=torch.stack([output.logits, *turned]))
            yield batch, output
    finally:
        network.train(was_training)


def _ways(flips: tuple[str, ...]) -> list[tuple[int, ...]]:
    """All combinations of flips, as axes; none first."""
    ways: list[tuple[int, ...]] = [()]
    for axis, name in ((-1, "horizontal"), (-2, "vertical")):
        if name in flips:
            ways += [(*way, axis) for way in ways]
    return ways


def confusion_counts(logits: Tensor, masks: Tensor) -> Tensor:
    """(B, 1, H, W) logits and {0, 1} masks -> (B, 4) int32 tp, fp, fn, tn at probability 0.5."""
    predicted, actual = logits >= 0, masks > 0.5
    cells = (predicted & actual, predicted & ~actual, ~predicted & actual, ~predicted & ~actual)
    return torch.stack([cell.sum(dim=(1, 2, 3)) for cell in cells], dim=1).int()


def patch_counts(logits: Tensor, masks: np.ndarray) -> Tensor:
    """As `confusion_counts`, for (B, H, W) bool masks in host memory."""
    return confusion_counts(logits, to_masks(masks, logits.device))


def quantised_probability(logits: Tensor) -> np.ndarray:
    """(B, 1, H, W) logits -> (B, H, W) uint8 probability, 255 for one; 128 and above is defective."""
    levels = (logits.sigmoid() * 255).round()
    decided = torch.where(logits >= 0, levels.clamp(min=128), levels.clamp(max=127))
    return decided[:, 0].byte().cpu().numpy()
