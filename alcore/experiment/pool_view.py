"""A model's view of the pool, from one pass, and the part of it that a strategy gets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_

import numpy as np

from alcore.acquisition import Needs, PoolView, Strategy
from alcore.config import RunConfig
from alcore.learning.inference import quantised_probability
from alcore.learning.learner import Learner
from alcore.learning.network_base import Output, gradient_embeddings

_SCORED = Needs.LOGITS | Needs.VIEWS | Needs.DROPOUT
_PEAKS = Needs.PEAKS | Needs.LABELLED_PEAKS
_OF_THE_DECODER = _SCORED | _PEAKS | Needs.GRADIENTS
_OF_THE_MODEL = _OF_THE_DECODER | Needs.FEATURES


@dataclass(frozen=True)
class PoolFeatures:
    """Features of (n,) items, none twice: (n, D) float32 of unit length."""

    items: np.ndarray
    features: np.ndarray

    def of(self, items: np.ndarray) -> np.ndarray:
        """(m, D) features of (m,) ids among the items, which must be in ascending order."""
        return self.features[np.searchsorted(self.items, items)]

    def with_more(self, items: np.ndarray, features: np.ndarray) -> PoolFeatures:
        """These, and others that were seen by the same model; items in ascending order."""
        every, first = np.unique(np.concatenate([self.items, items]), return_index=True)
        return PoolFeatures(every, np.concatenate([self.features, features])[first])


@dataclass(frozen=True)
class PoolSweep:
    """What one model says of (n,) items, in ascending order.

    scores: (n,) float32 by the name of the strategy that asks for them.
    gradients: (n, E) float32, and peaks: (n,) float32, where a strategy asks for them.
    features: of all items, or of those that are wanted where no strategy asks for features.
    """

    items: np.ndarray
    scores: Mapping[str, np.ndarray]
    gradients: np.ndarray | None
    peaks: np.ndarray | None
    features: PoolFeatures

    def view(
        self,
        strategy: Strategy,
        config: RunConfig,
        *,
        cycle: int,
        candidates: np.ndarray,
        labelled: np.ndarray,
        defective: np.ndarray,
        chosen: np.ndarray | None = None,
    ) -> PoolView:
        """What `strategy` declared that it needs.

        Args:
            cycle: whose query it is.
            candidates: (U,) ids that may be chosen; labelled: (L,) ids that were.
            defective: (M,) bool of the data set.
            chosen: (k,) ids among the candidates that people chose; None where nobody was asked.
        """
        needs = strategy.needs
        has_features, has_cycle = Needs.FEATURES in needs, Needs.CYCLE in needs
        peaks = self._of(self.peaks, candidates) if Needs.PEAKS in needs else None
        known = self._of(self.peaks, labelled) if Needs.LABELLED_PEAKS in needs else None
        return PoolView(
            candidates.size,
            scores=self._of(self.scores[strategy.name], candidates) if needs & _SCORED else None,
            features=self.features.of(candidates) if has_features else None,
            labelled_features=self.features.of(labelled) if has_features else None,
            gradients=self._of(self.gradients, candidates) if Needs.GRADIENTS in needs else None,
            defective=defective[candidates] if Needs.ORACLE in needs else None,
            chosen=None if chosen is None else np.searchsorted(candidates, chosen),
            peaks=peaks,
            labelled_peaks=known,
            labelled_defective=defective[labelled] if Needs.TARGETS in needs else None,
            cycle=cycle if has_cycle else None,
            cycles=config.cycles if has_cycle else None,
            test_prevalence=config.test_prevalence if Needs.PREVALENCE in needs else None,
        )

    def _of(self, values: np.ndarray | None, items: np.ndarray) -> np.ndarray | None:
        """What of (n, ...) values belongs to (m,) ids among the items."""
        return None if values is None else values[np.searchsorted(self.items, items)]


def asks_model(strategy: Strategy) -> bool:
    """Whether a strategy wants to know anything that only a model can say."""
    return bool(strategy.needs & _OF_THE_MODEL)


def sweep_pool(
    learner: Learner,
    strategies: Iterable[Strategy],
    items: np.ndarray,
    *,
    wanted: np.ndarray,
    rng: np.random.Generator,
    follow: Callable[[int, int], None],
) -> PoolSweep:
    """Ask the model for all that some strategies need, forwarding every item once.

    Args:
        items: (n,) ids in ascending order.
        wanted: ids among the items whose features are kept whatever the strategies need.
        rng: draws which channels are dropped, if a strategy asks for that, the same for all items.
        follow: called with patches done and in all.
    """
    strategies = list(strategies)
    needs = reduce(or_, (strategy.needs for strategy in strategies), Needs.NOTHING)
    scoring = [strategy for strategy in strategies if strategy.needs & _SCORED]
    kept = np.ones(items.size, bool) if Needs.FEATURES in needs else np.isin(items, wanted)
    if not needs & _OF_THE_DECODER:
        found = [part.cpu().numpy() for _, part in learner.embed(items, on_patches=follow)]
        return PoolSweep(items, {}, None, None, PoolFeatures(items[kept], np.concatenate(found)[kept]))
    scores: dict[str, list[np.ndarray]] = {strategy.name: [] for strategy in scoring}
    gradients: list[np.ndarray] = []
    peaks: list[np.ndarray] = []
    features: list[np.ndarray] = []
    dropping = rng if Needs.DROPOUT in needs else None
    done = 0
    for batch, output in learner.look(
        items, flipped=Needs.VIEWS in needs, dropping=dropping, on_patches=follow
    ):
        for strategy in scoring:
            scores[strategy.name].append(_scores(strategy, output))
        if Needs.GRADIENTS in needs:
            gradients.append(gradient_embeddings(output).cpu().numpy())
        if needs & _PEAKS:
            peaks.append(output.logits.amax(dim=(1, 2, 3)).cpu().numpy())
        features.append(output.features.cpu().numpy()[kept[done : done + batch.size]])
        done += batch.size
    return PoolSweep(
        items,
        {name: np.concatenate(parts) for name, parts in scores.items()},
        np.concatenate(gradients) if gradients else None,
        np.concatenate(peaks) if peaks else None,
        PoolFeatures(items[kept], np.concatenate(features)),
    )


def _scores(strategy: Strategy, output: Output) -> np.ndarray:
    views = output.views if Needs.VIEWS in strategy.needs else None
    if Needs.DROPOUT in strategy.needs:
        views = output.thinned
    return strategy.score(output.logits if views is None else views).cpu().numpy()


def view_query(learner: Learner, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(q,) ids -> (q, H, W) uint8 defect probability, 255 for one, and (q, D) features."""
    outputs = [output for _, output in learner.look(items)]
    probability = np.concatenate([quantised_probability(output.logits) for output in outputs])
    return probability, np.concatenate([output.features.cpu().numpy() for output in outputs])
