"""Operating rules: the threshold at which a model is used, and how much of a shift's loss is due to it.

Where defects get rarer, the threshold ½ that suited the pool raises too many false alarms. A rule chooses one
of the 33 thresholds at which counts are kept, for each model (of a repetition, strategy and cycle):

- *½*: as in the paper;
- *validation at π*: the one that is best on validation patches, reweighted to π. At π₁ it is available to a
lab that knows its π₁; at π₀ it shows the value of tuning without that knowledge;
- *prior corrected*, with or without a temperature: where π₁ moves it if probabilities mean what they say, see
  `alcore.statistics.remedies`;
- *best*: the one that is best on the test patches themselves. It cheats: it is not available in practice.

Best means the highest IoU, and so the highest Dice. All rules are evaluated on the test patches.

Tuning also takes labels, which a budget includes only on request (`by_rule`, charged): with the same total
number of labels, a tuned model then had fewer queries than one at ½.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from alcore.metrics import metric_at
from alcore.statistics.charged_budget import over_labels_in_all
from alcore.statistics.estimands import Evidence
from alcore.statistics.frames import frame_of
from alcore.statistics.remedies import prior_thresholds, temperatures
from alcore.statistics.resampling import interval, patch_replicates, resampled_means
from alcore.statistics.sample import Sample
from alcore.statistics.shared_tests import SharedTests
from alcore.statistics.threshold_frames import RecoveryRow, RuleRow
from alcore.thresholds import COUNT, HALF, PROBABILITIES, counts_at, counts_at_thresholds

HERE, HOME, BEST = "validation at π₁", "validation at π₀", "best on test (cheats)"
AT_HALF, CHOSEN = "½ (the paper's)", "chosen"
CORRECTED, SCALED = "prior corrected", "temperature, then prior"
REMEDIES = (HERE, HOME, CORRECTED, SCALED, BEST)
"""Rules that may regain some of what shift costs; all but the last can be used."""
TUNED = frozenset({HERE, HOME, CORRECTED, SCALED})
"""Rules that need labelled validation patches; a corrected prior does for how large defects are."""


def best_threshold(means: np.ndarray, prevalence: float) -> np.ndarray:
    """Which threshold has the highest IoU at a prevalence; of equally good ones the nearest to ½.

    Args:
        means: (..., 33, 2, 5) of `threshold_means`.
    Returns:
        (...) int64, an index of `alcore.thresholds.LOGITS`.
    """
    order = np.argsort(np.abs(np.arange(COUNT) - HALF), kind="stable")
    iou = np.nan_to_num(metric_at(means[..., order, :, :], "iou", prevalence), nan=-1.0)
    return order[iou.argmax(axis=-1)]


@dataclass(frozen=True)
class Operating:
    """A run's evaluations at all thresholds, shaped as its evidence: R repetitions, S strategies, C cycles.

    evidence: at ½. histograms: R arrays (S, C, T, 2, 34) of the test patches.
    confidence: (R, S, C, 2, 34) summed probability of each bin's pixels, of clean and of defective patches.
    test: (R, S, C, 33, 2, 5) class means; validation: the same of the validation patches.
    items, defective: R arrays (T,) of the test sets. validation_labels: labelled patches to tune on.
    """

    evidence: Evidence
    histograms: list[np.ndarray]
    confidence: np.ndarray
    test: np.ndarray
    validation: np.ndarray
    items: list[np.ndarray]
    defective: list[np.ndarray]
    validation_labels: int = 0

    def chosen_by(self, rule: str, prevalence: float, threshold: int = HALF) -> np.ndarray:
        """(R, S, C) thresholds that a rule chooses for use at a prevalence; `threshold` is for CHOSEN."""
        if rule == HERE:
            return best_threshold(self.validation, prevalence)
        if rule == HOME:
            return best_threshold(self.validation, self.evidence.pool_prevalence)
        if rule == BEST:
            return best_threshold(self.test, prevalence)
        if rule in (CORRECTED, SCALED):
            scale = temperatures(self.trained, self.validation) if rule == SCALED else 1.0
            return prior_thresholds(self.trained, self.validation, prevalence, scale)
        return np.full(self.test.shape[:3], threshold if rule == CHOSEN else HALF)

    @property
    def trained(self) -> np.ndarray:
        """(R, S, C) defective share of the labelled patches, on which each model was trained."""
        assert self.evidence.found is not None, "a run's records say what was found"
        return self.evidence.found / self.evidence.labelled

    def evidence_at(self, chosen: np.ndarray) -> Evidence:
        """The evidence of the same models, used at (R, S, C) thresholds."""
        if (chosen == HALF).all():
            return self.evidence
        counts = [counts_at(block, own) for block, own in zip(self.histograms, chosen, strict=True)]
        means = np.take_along_axis(self.test, chosen[..., None, None, None], axis=3)[:, :, :, 0]
        resampled, shared = None, None
        if len(counts) == 1:
            strategies, cycles, patches = counts[0].shape[:3]
            flat = counts[0].reshape(strategies * cycles, patches, 4)
            resampled = patch_replicates(flat, self.defective[0]).reshape(-1, strategies, cycles, 2, 5)
        if self.evidence.shared is not None:
            shared = SharedTests(np.array(counts), np.array(self.items), np.array(self.defective))
        return replace(self.evidence, means=means, resampled=resampled, shared=shared)

    def resampled_means(self, cycle: int) -> np.ndarray:
        """(1000, S, 33, 2, 5) class means over resampled test patches of the only repetition, after a cycle;
        the patch's IoU is left out of them, as 0.
        """
        counts = counts_at_thresholds(self.histograms[0][:, cycle - 1]).swapaxes(0, 1)  # (T, S, 33, 4)
        means = []
        for members in (~self.defective[0], self.defective[0]):
            drawn = resampled_means(counts[members].reshape(members.sum(), -1))
            means.append(drawn.reshape(len(drawn), *counts.shape[1:]))
        return np.pad(np.stack(means, axis=-2), [*[(0, 0)] * 4, (0, 1)])

    def only(self, strategies: set[str]) -> Operating:
        """The same evaluations of some strategies."""
        rows = [row for row, name in enumerate(self.evidence.strategies) if name in strategies]
        return replace(
            self,
            evidence=self.evidence.only(strategies),
            histograms=[block[rows] for block in self.histograms],
            confidence=self.confidence[:, rows],
            test=self.test[:, rows],
            validation=self.validation[:, rows],
        )


def by_rule(
    operating: Operating,
    metric: str,
    prevalence: float,
    threshold: int | None = None,
    *,
    charged: bool = False,
) -> pd.DataFrame:
    """What each rule gives at a prevalence.

    Args:
        threshold: one of the reader's own, an index of `alcore.thresholds.LOGITS`; None for none.
        charged: whether validation patches are part of the budget: rules are then compared over the same
            labels in all. Where validation alone takes more than the budget, tuned rules have no value.
    Returns:
        `RuleRow`s, one per strategy and rule.
    """
    rules = [AT_HALF, *REMEDIES] + [CHOSEN] * (threshold is not None)
    frames = []
    for rule in rules:
        chosen = operating.chosen_by(rule, prevalence, HALF if threshold is None else threshold)
        curves = operating.evidence_at(chosen).curves_with_shared_error(metric, prevalence)
        spent = operating.validation_labels if rule in TUNED else 0
        columns: dict[str, object] = {"strategy": list(curves.strategies), "rule": rule}
        columns["validation_labels"] = spent
        if charged:
            curves = over_labels_in_all(curves, spent, operating.validation_labels)
        areas, finals = curves.areas(), curves.at_budgets()
        for name, sample, pick in (("aubc", areas, ...), ("final", finals, (..., -1))):
            low, high = sample.interval()
            columns[name] = sample.mean[pick]
            columns |= {f"{name}_low": low[pick].clip(0, 1), f"{name}_high": high[pick].clip(0, 1)}
        columns["threshold"] = np.median(PROBABILITIES[chosen[:, :, -1]], axis=0)
        frames.append(frame_of(RuleRow, columns))
    return pd.concat(frames, ignore_index=True)


def recovered(operating: Operating, metric: str, prevalence: float) -> pd.DataFrame:
    """How much of what shift costs is only a threshold.

    The loss is the metric of the models at ½ at π₀ minus the same at π₁. The tuned loss is the same where a
    rule chooses the threshold at both ends, for use at π₀ and for use at π₁; the part of the loss that it
    saves is only a threshold, and its share is given where the loss is clear of zero. Tuning at π₁ alone
    would count a ½ that is wrong at π₀ already as shift. The gain is the value of a rule at π₁: the metric
    there under the rule minus that at ½. Areas (AUBC) where there are several budgets, else
    values; the same models on the same patches throughout.

    Returns:
        `RecoveryRow`s, one per strategy and rule.
    """
    half = operating.evidence
    pooled, deployed = (_quantity(half, metric, at) for at in (half.pool_prevalence, prevalence))
    loss = pooled - deployed
    frames = []
    for rule in REMEDIES:
        tuned_pooled, tuned_deployed = (
            _quantity(operating.evidence_at(operating.chosen_by(rule, at)), metric, at)
            for at in (half.pool_prevalence, prevalence)
        )
        gain, tuned_loss = tuned_deployed - deployed, tuned_pooled - tuned_deployed
        columns: dict[str, object] = {"strategy": list(half.strategies), "rule": rule}
        for name, sample in (("loss", loss), ("gain", gain), ("tuned_loss", tuned_loss)):
            low, high = sample.interval()
            columns |= {name: sample.mean, f"{name}_low": low, f"{name}_high": high}
        share, low, high = _share(loss - tuned_loss, loss)
        columns |= {"share": share, "share_low": low, "share_high": high}
        frames.append(frame_of(RecoveryRow, columns))
    return pd.concat(frames, ignore_index=True)


def _quantity(evidence: Evidence, metric: str, prevalence: float) -> Sample:
    curves = evidence.curves_with_shared_error(metric, prevalence)
    if len(curves.labelled) > 1:
        return curves.areas()
    values = curves.at_budgets()
    common = None if values.common is None else values.common[..., -1]
    return Sample(values.values[..., -1], values.replicates[..., -1], common)


def _share(saved: Sample, loss: Sample) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(S,) what is saved over the loss with bounds, of paired replicates; NaN where the loss is not clear of
    zero, and a ratio to it could be anything.
    """
    is_clear = loss.interval()[0] > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(is_clear, saved.mean / loss.mean, np.nan)
        low, high = interval(np.where(is_clear, saved.replicates / loss.replicates, np.nan))
    return share, np.fmin(low, share), np.fmax(high, share)
