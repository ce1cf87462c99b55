"""What a model sees of the pool, in one sweep, and what of that a strategy gets to see."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_

import numpy as np

from alcore.acquisition import Needs, PoolView, Strategy
from alcore.learning.inference import quantised_probability
from alcore.learning.learner import Learner
from alcore.learning.networks import Output, gradient_embeddings

_SCORED = Needs.LOGITS | Needs.VIEWS


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
    gradients: (n, E) float32, where a strategy asks for them.
    features: of all items, or of those that are wanted where no strategy asks for features.
    """

    items: np.ndarray
    scores: Mapping[str, np.ndarray]
    gradients: np.ndarray | None
    features: PoolFeatures

    def view(
        self, strategy: Strategy, *, candidates: np.ndarray, labelled: np.ndarray, defective: np.ndarray
    ) -> PoolView:
        """What `strategy` declared that it needs.

        Args:
            candidates: (U,) ids that may be chosen; labelled: (L,) ids that were.
            defective: (M,) bool of the data set.
        """
        needs, rows = strategy.needs, np.searchsorted(self.items, candidates)
        has_features, has_gradients = Needs.FEATURES in needs, Needs.GRADIENTS in needs
        return PoolView(
            candidates.size,
            scores=self.scores[strategy.name][rows] if needs & _SCORED else None,
            features=self.features.of(candidates) if has_features else None,
            labelled_features=self.features.of(labelled) if has_features else None,
            gradients=self.gradients[rows] if has_gradients and self.gradients is not None else None,
            defective=defective[candidates] if Needs.ORACLE in needs else None,
        )


def asks_model(strategy: Strategy) -> bool:
    """Whether a strategy wants to know anything that only a model can say."""
    return bool(strategy.needs & ~Needs.ORACLE)


def sweep_pool(
    learner: Learner,
    strategies: Iterable[Strategy],
    items: np.ndarray,
    *,
    wanted: np.ndarray,
    follow: Callable[[int, int], None],
) -> PoolSweep:
    """Ask the model for all that some strategies need, forwarding every item once.

    Args:
        items: (n,) ids in ascending order.
        wanted: ids among the items whose features are kept whatever the strategies need.
        follow: called with patches done and in all.
    """
    strategies = list(strategies)
    needs = reduce(or_, (strategy.needs for strategy in strategies), Needs.NOTHING)
    scoring = [strategy for strategy in strategies if strategy.needs & _SCORED]
    kept = np.ones(items.size, bool) if Needs.FEATURES in needs else np.isin(items, wanted)
    scores: dict[str, list[np.ndarray]] = {strategy.name: [] for strategy in scoring}
    gradients: list[np.ndarray] = []
    features: list[np.ndarray] = []
    done = 0
    for batch, output in learner.look(items, flipped=Needs.VIEWS in needs, on_patches=follow):
        for strategy in scoring:
            scores[strategy.name].append(_scores(strategy, output))
        if Needs.GRADIENTS in needs:
            gradients.append(gradient_embeddings(output).cpu().numpy())
        features.append(output.features.cpu().numpy()[kept[done : done + batch.size]])
        done += batch.size
    return PoolSweep(
        items,
        {name: np.concatenate(parts) for name, parts in scores.items()},
        np.concatenate(gradients) if gradients else None,
        PoolFeatures(items[kept], np.concatenate(features)),
    )


def _scores(strategy: Strategy, output: Output) -> np.ndarray:
    views = output.views if Needs.VIEWS in strategy.needs else None
    return strategy.score(output.logits if views is None else views).cpu().numpy()


def view_query(learner: Learner, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(q,) ids -> (q, H, W) uint8 defect probability, 255 for one, and (q, D) features."""
    outputs = [output for _, output in learner.look(items)]
    probability = np.concatenate([quantised_probability(output.logits) for output in outputs])
    return probability, np.concatenate([output.features.cpu().numpy() for output in outputs])
