"""The error that repetitions have in common because they are evaluated on the same test patches.

Repetitions differ by their pools, first queries and initial weights, and by their test sets where these
differ. Shared patches do not show in the spread between them: if all are evaluated on the same 135 patches, a
different 135 would move all of them together. The mean over R repetitions has the variance

    S² / R  +  the mean covariance of two repetitions through the test patches that both have,

with S² the variance between repetitions: the first term already holds whatever part of the test error is a
repetition's own. The second is estimated here from the influence of each patch on the metric. It is 0 where
test sets are disjoint, and the whole error of the test set where they are the same.

What no interval covers: another data set. Pools are drawn from one data set, and overlap.

Source: two-way layouts, Owen 2007, The pigeonhole bootstrap, Annals of Applied Statistics 1; influence
functions, Davison & Hinkley 1997, Bootstrap Methods and their Application, section 2.7.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations

import numpy as np

from alcore.metrics import PATCH_IOU, patch_iou, ratio_parts
from alcore.statistics.resampling import OF_REPETITIONS
from alcore.streams import Purpose, stream


def overlap(items: Sequence[np.ndarray]) -> float:
    """Mean share of a set's items that another set has too; 0 for a single set.

    Args:
        items: R arrays of ids, such as the test sets or the pools of repetitions.
    """
    shares = [len(np.intersect1d(one, other)) / max(len(one), 1) for one, other in combinations(items, 2)]
    return float(np.mean(shares)) if shares else 0.0


def overlap_by_class(
    pools: Sequence[np.ndarray], bought: Sequence[tuple[np.ndarray, np.ndarray]]
) -> tuple[float, float]:
    """Mean share of a pool's clean, and of its defective, patches that another repetition's pool has too.

    Classes are known of what was labelled. Within a class pools are drawn at random, whatever a strategy then
    takes from them, so the labelled patches of one repetition are in another's pool as often as all of its
    class are. Where the defects of a training split hardly suffice for a pool, all repetitions have the same.

    Args:
        pools: R arrays of ids, two or more; bought: for each repetition (n,) labelled ids and (n,) bool.
    Returns:
        NaN for a class of which nothing was labelled.
    """
    shares = []
    for kind in (False, True):
        own = [np.unique(items[known == kind]) for items, known in bought]
        pairs = [(ids, pool) for i, ids in enumerate(own) for j, pool in enumerate(pools) if i != j]
        total = sum(len(ids) for ids, _ in pairs)
        shared = sum(np.isin(ids, pool).sum() for ids, pool in pairs)
        shares.append(float(shared / total) if total else np.nan)
    return shares[0], shares[1]


def effective_size(clean: int, defective: int, prevalence: float) -> float:
    """How many equally weighted patches are as informative as a test set that is reweighted to a prevalence.

    Kish's (Σw)² / Σw²: with 160 clean and 160 defective patches, 320 at π = 50 % and 163 at π = 1 %.

    Args:
        clean, defective: test patches of each class, 1 or more; prevalence: π.
    Source: Kish 1965, Survey Sampling, section 11.7.
    """
    return 1 / (prevalence**2 / defective + (1 - prevalence) ** 2 / clean)


@dataclass(frozen=True)
class SharedTests:
    """Evaluations of R repetitions, S strategies and C cycles on T test patches each.

    counts: (R, S, C, T, 4) tp, fp, fn, tn; items: (R, T) ids; defective: (R, T) bool.
    """

    counts: np.ndarray
    items: np.ndarray
    defective: np.ndarray

    @classmethod
    def of(cls, counts: np.ndarray, items: np.ndarray, defective: np.ndarray) -> SharedTests | None:
        """None where no two repetitions have a test patch in common."""
        return cls(counts, items, defective) if overlap(list(items)) > 0 else None

    @property
    def overlap(self) -> float:
        """Mean share of a repetition's test patches that another one has too."""
        return overlap(list(self.items))

    def only(self, rows: list[int]) -> SharedTests:
        """The same evaluations of some strategies."""
        return replace(self, counts=self.counts[:, rows])

    def replicates(self, metric: str, prevalence: float) -> np.ndarray:
        """(4000, S, C) draws of the common error of a metric's mean over repetitions, of mean 0.

        The same patch has the same draws in every call, so that strategies, prevalences and cells of a study
        stay paired. NaN where the metric is undefined in some repetition.
        """
        known, places = np.unique(self.items, return_inverse=True)
        places = places.reshape(self.items.shape)
        repetitions, strategies, cycles = self.counts.shape[:3]
        total = np.zeros((len(known), strategies * cycles))
        for repetition, (counts, members) in enumerate(zip(self.counts, self.defective, strict=True)):
            own = influence(counts, members, metric, prevalence)  # (S, C, T)
            total[places[repetition]] += own.reshape(strategies * cycles, -1).T / repetitions
        times = np.bincount(places.ravel(), minlength=len(known))
        # Pairs of different repetitions that have the patch, out of all pairs of the mean's variance.
        pairs = (times - 1) * repetitions / (times * (repetitions - 1))
        is_common = times > 1
        weighted = np.sqrt(pairs[is_common])[:, None] * total[is_common]
        draws = _draws(tuple(known[is_common].tolist())) @ weighted
        return draws.reshape(-1, strategies, cycles)


def influence(counts: np.ndarray, defective: np.ndarray, metric: str, prevalence: float) -> np.ndarray:
    """How much each test patch moves a metric: its squares add up to the variance from the test set.

    Args:
        counts: (..., T, 4); defective: (T,) bool.
    Returns:
        (..., T) float64; NaN where the metric is undefined.
    Source: Davison & Hinkley 1997, Bootstrap Methods and their Application, section 2.7.
    """
    if metric == PATCH_IOU:
        part = np.array([patch_iou(one) for one in counts.reshape(-1, *counts.shape[-2:])])
        part, whole, weights = part.reshape(counts.shape[:-1]), None, (0.0, 1.0)
    else:
        part, whole = ratio_parts(counts.astype(np.float64))[metric]
        weights = (1 - prevalence, prevalence)
    classes = list(zip((~defective, defective), weights, strict=True))
    if whole is not None:
        top, bottom = (
            sum(weight * block[..., members].mean(axis=-1) for members, weight in classes)
            for block in (part, whole)
        )
        bottom = np.where(bottom > 0, bottom, np.nan)
        part = (part - (top / bottom)[..., None] * whole) / bottom[..., None]
    moved = np.zeros(part.shape)
    for members, weight in classes:
        own = part[..., members]
        size = np.sqrt(members.sum() * max(members.sum() - 1, 1))
        moved[..., members] = weight * (own - own.mean(axis=-1, keepdims=True)) / size
    return moved


@lru_cache(maxsize=2)  # 64 MB each with 2,000 patches
def _draws(items: tuple[int, ...]) -> np.ndarray:
    """(4000, U) standard normal draws of each patch, which depend on nothing but its id."""
    half = [stream(0, Purpose.BOOTSTRAP, 2, item).standard_normal(OF_REPETITIONS // 2) for item in items]
    columns = np.array(half).reshape(len(items), -1).T
    return np.concatenate([columns, -columns])
