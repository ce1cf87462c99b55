"""From the prevalence in use to a decision: which threshold, and what its errors cost, with what doubt.

A part is rejected where the largest pixel probability of its image is at least a threshold. Of 1,000 parts,

    escapes       = 1000 · π₁ · (1 − detection rate)          defective parts that pass
    false rejects = 1000 · (1 − π₁) · false-alarm rate        good parts that do not

and with the price of each, the cost is their weighted sum. Each model's threshold is the one with the lowest
cost on validation patches, reweighted to π₁; what it does is measured on test patches, so that choosing it
flatters nothing. "Pass all" and "reject all" are thresholds too, so that no model need be worse than both.

Three doubts are in every interval: which test patches were drawn, where there are several repetitions how
much they differ, and what π₁ is (`Belief`). Cost is linear in π₁, so the threshold that is best on average
over a belief is the best one at its mean. Rates of 0 in n need not be 0 in use (Jeffreys' prior), and
differences to a baseline are judged on patches that one of the two gets wrong and the other right, so that
what both share cancels.

Source: Brown, Cai & DasGupta 2001, Statistical Science 16 (Jeffreys); Drummond & Holte 2006, Machine Learning
65 (cost curves); Godau et al. 2025, Medical Image Analysis 102 (from the prevalence in use to decisions).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.special import ndtri

from alcore.statistics.decision_frames import CostRow
from alcore.statistics.detection import THRESHOLDS, Peaks, rates_along
from alcore.statistics.estimands import AnyEvidence
from alcore.statistics.frames import frame_of
from alcore.statistics.resampling import LEVEL, OF_REPETITIONS, interval, repetition_replicates
from alcore.streams import Purpose, stream

PARTS = 1000
"""Parts that errors and costs are counted per."""
PASS_ALL = 2.0
"""A threshold that no probability reaches."""
_GRID = (0.0, *THRESHOLDS, PASS_ALL)
Draws = tuple[np.ndarray, np.ndarray]
"""(B, S, C) of defective parts, and of good ones."""


@dataclass(frozen=True)
class Prices:
    """What an error costs, each 0 or more, in any unit of money."""

    escape: float
    false_reject: float


@dataclass(frozen=True)
class Belief:
    """What is known of π₁: a value with the bounds of its 95 % interval, all the same where it is certain."""

    value: float
    low: float
    high: float

    @classmethod
    def certain(cls, prevalence: float) -> Belief:
        """One that is known."""
        return cls(prevalence, prevalence, prevalence)

    @cached_property
    def draws(self) -> np.ndarray:
        """(4000,) prevalences: normal on either side of the value, on the scale asin √π, where the error of
        an estimated share does not depend on the share, and no draw leaves 0..1.
        """
        middle, low, high = (np.arcsin(np.sqrt(share)) for share in (self.value, self.low, self.high))
        steps = stream(0, Purpose.BOOTSTRAP, 6).standard_normal(OF_REPETITIONS) / ndtri((1 + LEVEL) / 2)
        angle = middle + steps * np.where(steps > 0, high - middle, middle - low)
        return np.asarray(np.sin(np.clip(angle, 0, np.pi / 2)) ** 2)

    @property
    def mean(self) -> float:
        """At which the threshold is chosen."""
        return self.value if self.low == self.high else float(self.draws.mean())


@dataclass(frozen=True)
class Inspection:
    """How sure models were of each patch after every cycle: C of them, with labels (C,) bought by then.

    test, validation: `Peaks` of each cycle, of the same strategies and repetitions.
    """

    labelled: np.ndarray
    test: Sequence[Peaks]
    validation: Sequence[Peaks]

    @property
    def strategies(self) -> tuple[str, ...]:
        """S names."""
        return self.test[0].strategies

    @property
    def validation_labels(self) -> int:
        """Labelled patches that each threshold was chosen on, which no budget counts."""
        return self.validation[0].defective.shape[1]

    def only(self, strategies: Sequence[str]) -> Inspection:
        """The same of some strategies, in the order given."""
        test, validation = (
            [peaks.only(strategies) for peaks in part] for part in (self.test, self.validation)
        )
        return Inspection(self.labelled, test, validation)


def cheapest_thresholds(validation: Peaks, prevalence: float, prices: Prices) -> np.ndarray:
    """(R, S) thresholds with the lowest cost on validation patches; of equally cheap ones the middle one."""
    detection, false_alarms = rates_along(validation, _GRID)  # (R, S, K)
    cost = (
        prevalence * prices.escape * (1 - detection) + (1 - prevalence) * prices.false_reject * false_alarms
    )
    is_best = cost <= cost.min(axis=-1, keepdims=True) + 1e-12
    middle = (is_best.sum(axis=-1, keepdims=True) + 1) // 2
    return np.asarray(_GRID)[(is_best.cumsum(axis=-1) >= middle).argmax(axis=-1)]


def expected_costs(inspection: Inspection, belief: Belief, prices: Prices, baseline: str) -> pd.DataFrame:
    """What each strategy's models do in use, and what that costs.

    Returns:
        `CostRow`s, one per strategy and budget.
    """
    limits = np.stack(
        [cheapest_thresholds(peaks, belief.mean, prices) for peaks in inspection.validation], axis=-1
    )  # (R, S, C)
    flagged = np.stack([peaks.max_probability for peaks in inspection.test], axis=2) >= limits[..., None]
    parts = _Parts(flagged, inspection.test[0].defective, inspection.test[0].overlap, belief, prices)
    names = inspection.strategies
    columns: dict[str, object] = {
        "strategy": np.repeat(names, len(inspection.labelled)),
        "labelled": np.tile(inspection.labelled, len(names)),
        "threshold": np.median(limits, axis=0).ravel(),
    }
    for name, (value, low, high) in parts.errors().items():
        columns |= {name: value.ravel(), f"{name}_low": low.ravel(), f"{name}_high": high.ravel()}
    worth = (np.full(parts.shape, np.nan),) * 3
    if baseline in names:
        worth = parts.worth(names.index(baseline))
    columns |= dict(zip(("worth", "worth_low", "worth_high"), (one.ravel() for one in worth), strict=True))
    return frame_of(CostRow, columns)


@dataclass(frozen=True)
class _Parts:
    """What models do on test patches at their thresholds.

    flagged: (R, S, C, T) bool; defective: (R, T) bool; overlap: share of patches two repetitions have in
    common.
    """

    flagged: np.ndarray
    defective: np.ndarray
    overlap: float
    belief: Belief
    prices: Prices

    @property
    def shape(self) -> tuple[int, int]:
        """S, C."""
        return self.flagged.shape[1], self.flagged.shape[2]

    def errors(self) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """(S, C) escapes, false rejects and cost per 1,000 parts, each with its bounds."""
        wrong = self.flagged != self.defective[:, None, None]
        rates, kinds = self._rates(wrong), self._draws(wrong)
        share = self.belief.mean
        found = {}
        for name, prices in (
            ("escapes", Prices(1, 0)),
            ("false_rejects", Prices(0, 1)),
            ("cost", self.prices),
        ):
            draws = [_per_parts(kind, self.belief.draws[:, None, None], prices) for kind in kinds]
            value = _per_parts((rates[0], rates[1]), np.array(share), prices)
            low, high = _widest(draws, value)
            found[name] = value, np.maximum(low, 0), high
        return found

    def worth(self, baseline: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(S, C) the baseline's cost minus a strategy's after as many labels, with bounds; NaN for itself."""
        wrong = self.flagged != self.defective[:, None, None]
        base = wrong[:, [baseline]]
        saved, added = base & ~wrong, wrong & ~base  # patches that only one of the two gets wrong
        rates = [one - other for one, other in zip(self._rates(saved), self._rates(added), strict=True)]
        draws = [
            _per_parts(kind, self.belief.draws[:, None, None], self.prices)
            for kind in self._draws(saved, added)
        ]
        value = _per_parts((rates[0], rates[1]), np.array(self.belief.mean), self.prices)
        low, high = _widest(draws, value)
        for block in (value, low, high):
            block[baseline] = np.nan
        return value, low, high

    def _rates(self, happened: np.ndarray) -> list[np.ndarray]:
        """(S, C) shares of defective, and of good, parts of which something holds."""
        return [block.mean(axis=0) for block in self._shares(happened)]

    def _shares(self, happened: np.ndarray) -> list[np.ndarray]:
        """(R, S, C) the same of each repetition."""
        return [
            np.stack([own[..., members].mean(axis=-1) for own, members in zip(happened, known, strict=True)])
            for known in (self.defective, ~self.defective)
        ]

    def _draws(self, more: np.ndarray, less: np.ndarray | None = None) -> list[Draws]:
        """Draws of the rate of `more`, or of that minus the rate of `less`, which excludes it: from all
        patches as one sample, and where there are several repetitions, from how much these differ as well.
        """
        rng, count = stream(0, Purpose.BOOTSTRAP, 7), len(self.flagged)
        spread = count / (1 + (count - 1) * self.overlap)  # how many test sets' worth of different patches
        pooled, over = [], []
        ups, downs = self._shares(more), None if less is None else self._shares(less)
        for kind, members in enumerate((self.defective, ~self.defective)):
            size, up = members.sum(axis=1).mean(), ups[kind]
            down = None if downs is None else downs[kind]
            pooled.append(_posterior(up, down, size * spread, rng))
            if count > 1:
                common = _posterior(up, down, size, rng)
                common = np.sqrt(self.overlap) * (common - common.mean(axis=0))
                over.append(repetition_replicates(up if down is None else up - down) + common)
        return [(kind[0], kind[1]) for kind in (pooled, over) if kind]


def _posterior(
    ups: np.ndarray, downs: np.ndarray | None, size: float, rng: np.random.Generator
) -> np.ndarray:
    """(R, S, C) shares of an outcome, on `size` patches in all -> (B, S, C) draws of its mean, or of its mean
    minus that of another one that excludes it: Dirichlet's distribution after Jeffreys' prior.
    """
    means = [part.mean(axis=0) for part in (ups, downs) if part is not None]
    rest = np.maximum(1 - sum(means), 0)
    gammas = [
        rng.gamma(np.broadcast_to(size * mean + 0.5, (OF_REPETITIONS, *mean.shape)))
        for mean in (*means, rest)
    ]
    lead = gammas[0] if downs is None else gammas[0] - gammas[1]
    return np.asarray(lead / np.sum(gammas, axis=0))


def with_iou(costs: pd.DataFrame, evidence: AnyEvidence, belief: Belief) -> pd.DataFrame:
    """`CostRow`s with the masks' IoU at π₁ (at probability ½): iou, with bounds at the ends of the belief
    too.

    Args:
        evidence: of the same strategies and budgets.
    """
    ends = [
        evidence.curves_with_shared_error("iou", share).at_budgets()
        for share in (belief.value, *dict.fromkeys((belief.low, belief.high)))
    ]
    bounds = [sample.interval() for sample in ends]
    low = np.fmin.reduce([one for one, _ in bounds])  # without defects, at π₁ = 0, IoU may be undefined
    high = np.fmax.reduce([one for _, one in bounds])
    return costs.assign(
        iou=ends[0].mean.ravel(), iou_low=low.clip(0, 1).ravel(), iou_high=high.clip(0, 1).ravel()
    )


def _per_parts(rates: Sequence[np.ndarray] | Draws, share: np.ndarray, prices: Prices) -> np.ndarray:
    """Cost per 1,000 parts, from rates of errors among defective and among good parts, at a prevalence."""
    wrong_defective, wrong_good = rates
    escapes, false_rejects = share * wrong_defective, (1 - share) * wrong_good
    return np.asarray(PARTS * (prices.escape * escapes + prices.false_reject * false_rejects))


def _widest(kinds: list[np.ndarray], value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(S, C) bounds that include those of every kind of draw, and the value itself."""
    bounds = [interval(draws) for draws in kinds]
    low = np.fmin(np.min([one for one, _ in bounds], axis=0), value)
    return low, np.fmax(np.max([one for _, one in bounds], axis=0), value)
