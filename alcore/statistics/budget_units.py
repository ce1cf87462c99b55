"""The budget in units other than labels: the annotators' work, or their time.

A clean image needs a glance, a defective image an outline. A strategy that finds more defects therefore has
more expensive labels, and may lead per label but trail per minute. The cost of a query follows from its true
masks. The time is modelled with four numbers, which the reader may change:

    seconds = look · images + first · defective images + further · outline / spacing

Defaults: Bearman, Russakovsky, Ferrari & Fei-Fei 2016, What's the Point, arXiv:1506.02106, measured 1 s
to say whether an image holds a class, 2.4 s to point at an object, and 0.9 s at a further one. The same speed
for the clicks of an outline is an assumption, and so is a click every 4 pixels. (An outline
in COCO took 79 s: Lin et al. 2014, arXiv:1405.0312.)

Over labels all repetitions have the same budgets; over any other unit each has its own. Curves are therefore
interpolated linearly, each within its own budgets, on a grid that ends where the first repetition ends.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from alcore.statistics.decision_frames import FlipRow, SpentRow
from alcore.statistics.estimands import Curves, Estimate
from alcore.statistics.frames import frame_of
from alcore.statistics.sample import Sample

BUDGET_UNITS = ("labels", "defective", "pixels", "clicks", "seconds")
"""What a budget is counted in: images, images to be outlined, their defect pixels, clicks, seconds."""
_POINTS = 41


@dataclass(frozen=True)
class LabelModel:
    """The time that labelling needs, in seconds; spacing: pixels of outline between two clicks, above 0."""

    look: float = 1.0
    first: float = 2.4
    further: float = 0.9
    spacing: float = 4.0


@dataclass(frozen=True)
class Labelling:
    """What has been labelled by each cycle, added up: (R, S, C) each.

    images; defective: images with a defect; pixels: of defects; outline: boundary pixels of defects.
    """

    images: np.ndarray
    defective: np.ndarray
    pixels: np.ndarray
    outline: np.ndarray

    def only(self, rows: list[int]) -> Labelling:
        """The labelling of some strategies."""
        return Labelling(*(part[:, rows] for part in vars(self).values()))

    def and_validation(self, validation: Labelling) -> Labelling:
        """With what was labelled to tune on, (R, 1, 1) each, in every cycle's sum."""
        pairs = zip(vars(self).values(), vars(validation).values(), strict=True)
        return Labelling(*(own + more for own, more in pairs))

    def spent(self, unit: str, model: LabelModel) -> np.ndarray:
        """(R, S, C) of a unit, non-decreasing along cycles."""
        clicks = self.outline / model.spacing
        return {
            "labels": self.images,
            "defective": self.defective,
            "pixels": self.pixels,
            "clicks": self.defective + clicks,
            "seconds": model.look * self.images + model.first * self.defective + model.further * clicks,
        }[unit].astype(float)


def outline_pixels(masks: np.ndarray) -> np.ndarray:
    """(n, H, W) bool -> (n,) defect pixels with a side on something clean, or on the patch's border."""
    padded = np.pad(masks, ((0, 0), (1, 1), (1, 1)))
    inner = padded[:, :-2, 1:-1] & padded[:, 2:, 1:-1] & padded[:, 1:-1, :-2] & padded[:, 1:-1, 2:]
    return (masks & ~inner).sum(axis=(1, 2))


def reach(spent: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(R, S, C) -> (S,) from where to where all repetitions of each strategy have been."""
    return spent[..., 0].max(axis=0), spent[..., -1].min(axis=0)


def on_grid(curves: Curves, spent: np.ndarray, grid: np.ndarray) -> Sample:
    """Values over what was spent, interpolated within each repetition.

    Where several budgets cost the same, as queries without a defect do, the last of their models counts.

    Args:
        spent: (R, S, C); grid: (S, G) within `reach`.
    Returns:
        (S, G) quantities. Their interval over repetitions needs no replicates, so there are none of them.
    """
    rows = (zip(*part, grid, strict=True) for part in zip(curves.values, spent, strict=True))
    values = np.array([[_interpolated(own, x, at) for own, x, at in part] for part in rows])
    if len(values) == 1:
        return Sample(values, _replicates_on(curves.replicates, spent[0], grid))
    typical = spent.mean(axis=0)  # of the error that all repetitions have in common
    common = None if curves.common is None else _replicates_on(curves.common, typical, grid)
    return Sample(values, values[:0], common)


def _replicates_on(replicates: np.ndarray, spent: np.ndarray, grid: np.ndarray) -> np.ndarray:
    rows = zip(replicates.swapaxes(0, 1), spent, grid, strict=True)
    return np.stack([_interpolated(own, x, at) for own, x, at in rows], axis=1)


def _interpolated(values: np.ndarray, spent: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """(..., C) values at (C,) -> (..., G) at the grid, level beyond its ends."""
    grid = np.clip(grid, spent[0], spent[-1])
    before = np.clip(np.searchsorted(spent, grid, side="right") - 1, 0, None)
    after = np.minimum(before + 1, len(spent) - 1)
    width = spent[after] - spent[before]
    part = np.divide(grid - spent[before], width, out=np.zeros(len(grid)), where=width > 0)
    mixed = values[..., before] * (1 - part) + values[..., after] * part
    return np.where(part > 0, mixed, values[..., before])  # an undefined value counts where it is needed


def spent_frame(curves: Curves, spent: np.ndarray) -> pd.DataFrame:
    """`SpentRow`s: each strategy's curve up to the budget that all its repetitions reach, if any."""
    begin, end = reach(spent)
    kept = [row for row in range(len(begin)) if begin[row] < end[row]]
    if not kept:
        return pd.DataFrame(columns=SpentRow._fields)
    names = [curves.strategies[row] for row in kept]
    grid = np.linspace(begin[kept], end[kept], _POINTS, axis=1)
    drawn = on_grid(curves.only(names), spent[:, kept], grid)
    low, high = drawn.interval()
    blocks = (grid, drawn.mean, low.clip(0, 1), high.clip(0, 1))
    columns: dict[str, object] = {"strategy": np.repeat(names, _POINTS)}
    columns |= dict(zip(SpentRow._fields[1:], (block.ravel() for block in blocks), strict=True))
    return frame_of(SpentRow, columns)


def average_difference(curves: Curves, spent: np.ndarray, one: str, other: str) -> Estimate:
    """A strategy's value minus another's, averaged over the budgets that both reach in all repetitions.

    NaN where they have no such budgets, or a value is undefined.
    """
    rows = [curves.row(one), curves.row(other)]
    begin, end = (bound[rows] for bound in reach(spent))
    if begin.max() >= end.min():
        return Estimate(np.nan)
    weights = _weights(spent[:, rows], begin.max(), end.min())
    typical = weights.mean(axis=0)
    common = None if curves.common is None else _averages(curves.common[:, rows], typical)[:, None]
    replicates = curves.replicates[:1] if len(spent) > 1 else curves.replicates
    sample = Sample(
        _averages(curves.values[:, rows], weights)[:, None],
        _averages(replicates[:, rows], typical)[:, None],
        common,
    )
    return Estimate.at(sample, 0)


def _weights(spent: np.ndarray, begin: float, end: float) -> np.ndarray:
    """(..., C) weights of the values in the average of an interpolated curve between two budgets.

    Between two neighbours a curve is straight, so that its integral is its value in the middle times the
    length. Where both cost the same it jumps, over no length.
    """
    low, high = spent[..., :-1], spent[..., 1:]
    left, right = np.clip(begin, low, high), np.clip(end, low, high)
    length, width = right - left, high - low
    middle = np.divide((left + right) / 2 - low, width, out=np.zeros(width.shape), where=width > 0)
    weights = np.zeros(spent.shape)
    weights[..., :-1] += length * (1 - middle)
    weights[..., 1:] += length * middle
    return weights / (end - begin)


def _averages(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(..., 2, C) -> (...) average of the first minus that of the second; what has no weight may be NaN."""
    both = np.where(weights != 0, values * weights, 0.0).sum(axis=-1)
    return both[..., 0] - both[..., 1]


def flips(curves: Curves, labelling: Labelling, unit: str, model: LabelModel) -> pd.DataFrame:
    """`FlipRow`s: pairs of which one leads per label and the other one in a unit.

    is_clear: neither of the two intervals contains 0.
    """
    rows = []
    per_label, in_unit = labelling.spent("labels", model), labelling.spent(unit, model)
    for row, one in enumerate(curves.strategies):
        for other in curves.strategies[:row]:
            first = average_difference(curves, per_label, one, other)
            second = average_difference(curves, in_unit, one, other)
            if first.value * second.value < 0:
                leads, trails = (one, other) if first.value > 0 else (other, one)
                ends = [_turned(part, first.value < 0) for part in (first, second)]
                is_clear = ends[0][1] > 0 and ends[1][2] < 0
                rows.append(FlipRow(leads, trails, *ends[0], *ends[1], bool(is_clear)))
    return pd.DataFrame(rows, columns=FlipRow._fields)


def _turned(estimate: Estimate, is_turned: bool) -> tuple[float, float, float]:
    if is_turned:
        return -estimate.value, -estimate.high, -estimate.low
    return estimate.value, estimate.low, estimate.high
