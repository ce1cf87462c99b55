"""Forward passes in eval mode, without augmentation, and the per-patch numbers made of them."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from alcore.learning.devices import Runtime
from alcore.learning.network_base import Network, Output
from alcore.learning.sources import InputSource, ways
from alcore.thresholds import BINS, HALF, LOGITS, counts_at

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
    kept: Tensor | None = None
    with _evaluating(network):
        for batch in _batches(items, batch_size):
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


def embed(
    network: Network, source: InputSource, items: np.ndarray, *, batch_size: int, runtime: Runtime
) -> Iterator[tuple[np.ndarray, Tensor]]:
    """Of all that `sweep` yields, the features alone: no decoder computes anything."""
    with _evaluating(network):
        for batch in _batches(items, batch_size):
            with torch.inference_mode(), runtime.autocast():
                features = network.features(source.inputs(batch))
            yield batch, features


@contextmanager
def _evaluating(network: Network) -> Iterator[None]:
    was_training = network.training
    network.eval()
    try:
        yield
    finally:
        network.train(was_training)


def _batches(items: np.ndarray, size: int) -> list[np.ndarray]:
    return [items[start : start + size] for start in range(0, items.size, size)]


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


def logit_histogram(logits: Tensor, masks: Tensor, *, known: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Count pixels between the thresholds of `alcore.thresholds`; a pixel on one is above it.

    Args:
        logits: (B, 1, H, W); NaN counts as the smallest. masks: (B, 1, H, W) bool.
        known: (B, 1, H, W) bool, pixels that count; None where all do.
    Returns:
        (B, 2, 34) int64 pixels in each bin, clean and defective; and (B, 34) int64 their probabilities in
        units of 2 ** -16, whose sums are exact in any order.
    """
    logits = logits.float().flatten(1)
    if not torch.isfinite(logits.sum()):
        logits = logits.nan_to_num(nan=-torch.inf, posinf=torch.inf, neginf=-torch.inf)
    rows = torch.arange(len(logits), device=logits.device)[:, None]
    cells = (_bins(logits) + 2 * BINS * rows).add_(masks.flatten(1), alpha=BINS)
    units = (logits.sigmoid() * 2**16).round_().double()
    if known is not None:
        counted = known.flatten(1)
        cells, units = cells[counted], units[counted]
    size = 2 * BINS * len(logits)
    histogram = torch.bincount(cells.flatten(), minlength=size).reshape(-1, 2, BINS)
    confidence = torch.bincount(cells.flatten(), weights=units.flatten(), minlength=size)
    return histogram, confidence.reshape(-1, 2, BINS).sum(dim=1).long()


def _bins(logits: Tensor) -> Tensor:
    """(...) float32 -> (...) int64, how many thresholds are at or below each: a sixth of bucketize's time.

    The upper half of a float's bits says its bin up to one, as no two thresholds share them.
    """
    lowest, edges = _bin_tables(logits.device)
    upper = (logits.contiguous().view(torch.int32) >> 16).bitwise_and_(0xFFFF).flatten()
    bins = lowest.index_select(0, upper).view(logits.shape)
    return bins.add_(logits >= edges.index_select(0, bins.flatten()).view(logits.shape))


@functools.cache
def _bin_tables(device: torch.device) -> tuple[Tensor, Tensor]:
    """(65536,) the bin of the smallest float with these upper 16 bits, and (34,) where each bin ends."""
    bits = np.arange(2**16, dtype=np.uint32) << 16
    is_negative = bits >> 31 == 1
    smallest = np.where(is_negative, bits | 0xFFFF, bits).view(np.float32)
    bins = np.searchsorted(LOGITS, smallest, side="right")
    bins[np.isnan(smallest)] = 0  # minus infinity shares its upper bits with numbers that are none
    ends = np.append(LOGITS, np.float32(np.nan))  # the last bin has none
    return torch.from_numpy(bins).to(device), torch.from_numpy(ends).to(device)


class Judgement(NamedTuple):
    """A batch's part of an `Evaluation`, with (B, 34) int64 `units`, see `logit_histogram`."""

    counts: np.ndarray
    max_probability: np.ndarray
    histogram: np.ndarray
    units: np.ndarray


NOTHING_JUDGED = Judgement(
    np.zeros((0, 4), dtype=np.int32),
    np.zeros(0, dtype=np.float32),
    np.zeros((0, 2, BINS), dtype=np.int64),
    np.zeros((0, BINS), dtype=np.int64),
)
"""Of no patch: before the first label of a random slice."""


def judge(logits: Tensor, masks: np.ndarray, ignored: np.ndarray | None = None) -> Judgement:
    """What (B, 1, H, W) logits are worth against (B, H, W) bool masks in host memory.

    ignored: (B, H, W) bool, pixels that count for nothing; None where all count.
    """
    truth = torch.from_numpy(masks).to(logits.device)
    known, seen = None, logits
    if ignored is not None:
        unknown = torch.from_numpy(ignored).to(logits.device)
        known, seen = ~unknown, logits.masked_fill(unknown[:, None], -torch.inf)
    histogram, units = (part.cpu().numpy() for part in logit_histogram(logits, truth, known=known))
    peaks = seen.amax(dim=(1, 2, 3)).sigmoid().cpu().numpy()
    return Judgement(counts_at(histogram, np.array(HALF)).astype(np.int32), peaks, histogram, units)


def quantised_probability(logits: Tensor) -> np.ndarray:
    """(B, 1, H, W) logits -> (B, H, W) uint8 probability, 255 for one; 128 and above is defective."""
    levels = (logits.sigmoid() * 255).round()
    decided = torch.where(logits >= 0, levels.clamp(min=128), levels.clamp(max=127))
    return decided[:, 0].byte().cpu().numpy()
