"""One reading of the prevalence meter: both estimates of π₁, and whether what they assume looks violated.

Both assume that the images in use are a mixture of the two classes seen in validation. That can be tested: if
no mixture of the validation scores' two distributions comes near the distribution of the scores in use, the
images themselves have changed, and neither estimate means anything.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alcore.errors import DataError
from alcore.statistics.estimands import Estimate
from alcore.statistics.priors import Scored, black_box, effective_number, maximum_likelihood
from alcore.streams import Purpose, stream

FEWEST = 10
"""Images in use below which nothing is estimated."""

ENOUGH = 30
"""Defective validation images from which maximum likelihood, which is narrower, has negligible bias."""

_DRAWS = 400
_BINS = 24
_SHARES = np.linspace(0, 1, 101)


@dataclass(frozen=True)
class Reading:
    """What the meter says of some images.

    validation, scores (n,): what it was read from. box, likelihood: π₁ by BBSE and by EM. misfit: how often
    a mixture of validation's two classes would look at least as unlike one as these images do, 0 to 1.
    separation: share of pairs of a defective and a clean validation image that are ordered right (AUROC).
    independent: how many independent images the (n,) ones are worth.
    """

    validation: Scored
    scores: np.ndarray
    box: Estimate
    likelihood: Estimate
    misfit: float
    separation: float
    independent: float

    @property
    def takes_likelihood(self) -> bool:
        """Whether to use the maximum-likelihood estimate; otherwise the black box's."""
        return int(self.validation.defective.sum()) >= ENOUGH

    @property
    def used(self) -> Estimate:
        """The estimate to use: the narrower one where its interval holds and it has no bias, else BBSE."""
        return self.likelihood if self.takes_likelihood else self.box


def read_meter(validation: Scored, scores: np.ndarray) -> Reading:
    """Estimate π₁ in both ways, and test what both assume.

    Args:
        scores: (n,) largest pixel probability of each image in use, in the order in which they came.
    Raises:
        DataError: fewer than ten images, or validation lacks defective or clean ones.
    """
    if scores.size < FEWEST:
        raise DataError(f"the meter needs at least {FEWEST} patches, and has {scores.size}; add images")
    if validation.defective.all() or not validation.defective.any():
        raise DataError("the meter needs defective and clean validation patches, and this data set lacks one")
    return Reading(
        validation,
        scores,
        black_box(validation, scores),
        maximum_likelihood(validation, scores),
        misfit(validation, scores),
        separation(validation),
        effective_number(scores),
    )


def separation(validation: Scored) -> float:
    """AUROC of the scores on validation; ties count half."""
    clean = np.sort(validation.scores[~validation.defective])
    found = validation.scores[validation.defective]
    below = np.searchsorted(clean, found, "left"), np.searchsorted(clean, found, "right")
    return float(np.mean(below[0] + below[1]) / (2 * clean.size))


def misfit(validation: Scored, scores: np.ndarray) -> float:
    """How well a mixture of validation's two classes explains the scores in use: a p value.

    The statistic is the largest gap between the distribution of the scores in use and the nearest mixture
    (Kolmogorov's distance, minimised over the share), over 24 bins with as many of all scores each. Under the
    hypothesis it is drawn again 400 times, from the nearest mixture; both validation classes are redrawn too,
    since they are samples. Images in use are drawn as many as they amount to, see `effective_number`.

    Returns:
        (1 + draws at least as far off) / 401.
    Source: Kolmogorov's distance; the simulated p-value after Davison & Hinkley 1997, section 4.2.
    """
    every = np.concatenate([validation.scores, scores])
    edges = np.unique(np.quantile(every, np.linspace(0, 1, _BINS + 1)[1:-1]))
    parts = (validation.scores[~validation.defective], validation.scores[validation.defective], scores)
    counts = [np.bincount(np.searchsorted(edges, part, "right"), minlength=edges.size + 1) for part in parts]
    clean, defective, used = (count[None] / count.sum() for count in counts)
    seen, share = _distance(clean, defective, used)
    rng = stream(0, Purpose.BOOTSTRAP, 6)
    mixture = share[0] * defective[0] + (1 - share[0]) * clean[0]
    sizes = (parts[0].size, parts[1].size, max(round(effective_number(scores)), 1))
    drawn = (
        rng.multinomial(size, probabilities, size=_DRAWS) / size
        for size, probabilities in zip(sizes, (clean[0], defective[0], mixture), strict=True)
    )
    distances, _ = _distance(*drawn)
    return float((1 + np.sum(distances >= seen - 1e-12)) / (1 + _DRAWS))


def _distance(clean: np.ndarray, defective: np.ndarray, used: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(B, K) shares of each bin -> (B,) distances to the nearest mixture, and (B,) its share of defects."""
    clean, defective, used = (np.cumsum(part, axis=1)[:, None] for part in (clean, defective, used))
    share = _SHARES[:, None]
    gaps = np.abs(used - share * defective - (1 - share) * clean).max(axis=2)  # (B, 101)
    nearest = gaps.argmin(axis=1)
    return np.take_along_axis(gaps, nearest[:, None], axis=1)[:, 0], _SHARES[nearest]


def draw_stream(
    defective: np.ndarray, *, prevalence: float, size: int, rng: np.random.Generator
) -> np.ndarray:
    """A simulated stream: patches one after the other, each defective with probability π.

    Args:
        defective: (T,) of patches that have been scored, none of which is drawn twice.
    Returns:
        (n,) rows of them; n is at most `size`, and the stream ends where patches of a class run out.
    """
    wanted = rng.random(size) < prevalence
    places = {value: rng.permutation(np.flatnonzero(defective == value)) for value in (False, True)}
    number = np.where(wanted, np.cumsum(wanted), np.cumsum(~wanted)) - 1  # of its class, from 0
    is_there = number < np.where(wanted, places[True].size, places[False].size)
    end = size if is_there.all() else int(is_there.argmin())
    rows = np.zeros(end, dtype=np.int64)
    for value, own in places.items():
        members = wanted[:end] == value
        rows[members] = own[number[:end][members]]
    return rows
