"""Forward passes in eval mode, without augmentation, and the per-patch numbers made of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from alcore.learning.devices import Runtime
from alcore.learning.network_base import Network, Output
from alcore.learning.sources import InputSource, ways
from alcore.learning.tensors import to_masks
from alcore.thresholds import BINS, LOGITS

THINNED_NETWORKS, DROPPED_SHARE = 10, 0.2
"""Monte-Carlo dropout: samples, and the share of channels that each lacks on average."""


@dataclass(frozen=True)
class Evaluation:
    """The sufficient statistic of an evaluation, one row per test patch.

    counts: (T, 4) int32, pixels that are tp, fp, fn, tn at probability 0.5; ignored pixels are none of them.
    max_probability: (T,) float32, the largest defect probability of a pixel that counts.
    histogram: (T, 2, 34) uint16 or uint32, clean and defective pixels between `alcore.thresholds.LOGITS`.
    confidence: (2, 34) float64, summed probability of the pixels in each bin, of clean and of defective
        patches.
    """

    counts: np.ndarray
    max_probability: np.ndarray
    histogram: np.ndarray
    confidence: np.ndarray


def sweep(
    network: Network,
    source: InputSource,
    items: np.ndarray,
    *,
    batch_size: int,
    runtime: Runtime,
    flips: tuple[str, ...] = (),
    dropping: np.random.Generator | None = None,
) -> Iterator[tuple[np.ndarray, Output]]:
    """Forward all `items` batch by batch; yields the ids of a batch with what the network says of them.

    With `flips`, of horizontal and vertical, it also looks at every patch in all these ways and turns what it
    sees back again: `Output.views` then has 2 ** len(flips) of them, the patch as it is first.

    With `dropping`, the output layer also looks at what is left of the decoder's channels after some were
    dropped: `Output.thinned`. Which ones is drawn once, so all patches are seen by the same thinned networks.

    Results do not depend on which patches share a batch, up to floating-point rounding.
    """
    was_training = network.training
    kept: Tensor | None = None
    network.eval()
    try:
        for start in range(0, items.size, batch_size):
            batch = items[start : start + batch_size]
            with torch.inference_mode(), runtime.autocast():
                output = network.outputs(source.inputs(batch))
                if flips:
                    turned = [_turned(network, source, batch, way) for way in ways(flips)[1:]]
                    output = output._replace(views=torch.stack([output.logits, *turned]))
                if dropping is not None:
                    if kept is None:
                        kept = kept_channels(output.decoded.shape[1], dropping)
                    output = output._replace(thinned=network.thinned(output, kept))
            yield batch, output
    finally:
        network.train(was_training)


def kept_channels(channels: int, rng: np.random.Generator) -> Tensor:
    """(10, channels) float32 factors: 0 for what is dropped, the others so that their mean is 1.

    A row that would drop everything keeps one channel, drawn at random.
    Source: Gal & Ghahramani 2016, arXiv:1506.02142; whole channels, Tompson et al. 2015, arXiv:1411.4280.
    """
    keeps = rng.random((THINNED_NETWORKS, channels)) >= DROPPED_SHARE
    spared = rng.integers(channels, size=THINNED_NETWORKS)
    empty = ~keeps.any(axis=1)
    keeps[empty, spared[empty]] = True
    return torch.from_numpy((keeps * channels / keeps.sum(axis=1, keepdims=True)).astype(np.float32))


def _turned(network: Network, source: InputSource, items: np.ndarray, way: tuple[bool, bool]) -> Tensor:
    """(B, 1, H, W) logits of flipped patches, turned back."""
    logits: Tensor = network(source.inputs(items, np.tile(way, (items.size, 1))))
    return logits.float().flip([axis for axis, is_turned in zip((-2, -1), way, strict=True) if is_turned])


def confusion_counts(logits: Tensor, masks: Tensor, *, known: Tensor | None = None) -> Tensor:
    """(B, 1, H, W) logits and {0, 1} masks -> (B, 4) int32 tp, fp, fn, tn at probability 0.5.

    known: (B, 1, H, W) bool, the pixels that count; None for all.
    """
    predicted, actual = logits >= 0, masks > 0.5
    cells = [predicted & actual, predicted & ~actual, ~predicted & actual, ~predicted & ~actual]
    if known is not None:
        cells = [cell & known for cell in cells]
    return torch.stack([cell.sum(dim=(1, 2, 3)) for cell in cells], dim=1).int()


def logit_histogram(logits: Tensor, masks: Tensor, *, known: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Count pixels between the thresholds of `alcore.thresholds`, just as `confusion_counts` decides.

    Args:
        logits, masks: (B, 1, H, W), masks of {0, 1}.
        known: (B, 1, H, W) bool, pixels that count; None where all do.
    Returns:
        (B, 2, 34) int64 pixels in each bin, clean and defective; and (B, 34) int64 their probabilities in
        units of 2 ** -16, whose sums are exact in any order.
    """
    logits = logits.float().flatten(1).nan_to_num(nan=-torch.inf, posinf=torch.inf, neginf=-torch.inf)
    edges = torch.from_numpy(LOGITS).to(logits.device)
    bins = torch.bucketize(logits, edges, right=True)  # (B, H*W), number of thresholds at or below
    rows = torch.arange(len(bins), device=bins.device)[:, None]
    kinds = 2 * rows + (masks.flatten(1) > 0.5).long()
    units = (logits.sigmoid() * 2**16).round().long()
    cells = BINS * kinds + bins
    if known is not None:
        counted = known.flatten(1)
        cells, units = cells[counted], units * counted
    histogram = torch.bincount(cells.flatten(), minlength=2 * BINS * len(bins))
    confidence = torch.zeros(len(bins), BINS, dtype=torch.long, device=bins.device)
    return histogram.reshape(-1, 2, BINS), confidence.scatter_add_(1, bins, units)


class Judgement(NamedTuple):
    """A batch's part of an `Evaluation`, with (B, 34) int64 `units`, see `logit_histogram`."""

    counts: np.ndarray
    max_probability: np.ndarray
    histogram: np.ndarray
    units: np.ndarray


def judge(logits: Tensor, masks: np.ndarray, ignored: np.ndarray | None = None) -> Judgement:
    """What (B, 1, H, W) logits are worth against (B, H, W) bool masks in host memory.

    ignored: (B, H, W) bool, pixels that count for nothing; None where all count.
    """
    truth = to_masks(masks, logits.device)
    known, seen = None, logits
    if ignored is not None:
        unknown = to_masks(ignored, logits.device) > 0
        known, seen = ~unknown, logits.masked_fill(unknown, -torch.inf)
    parts = (
        confusion_counts(logits, truth, known=known),
        seen.amax(dim=(1, 2, 3)).sigmoid(),
        *logit_histogram(logits, truth, known=known),
    )
    return Judgement(*(part.cpu().numpy() for part in parts))


def quantised_probability(logits: Tensor) -> np.ndarray:
    """(B, 1, H, W) logits -> (B, H, W) uint8 probability, 255 for one; 128 and above is defective."""
    levels = (logits.sigmoid() * 255).round()
    decided = torch.where(logits >= 0, levels.clamp(min=128), levels.clamp(max=127))
    return decided[:, 0].byte().cpu().numpy()
