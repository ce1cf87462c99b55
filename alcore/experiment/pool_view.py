"""What a strategy gets to see of the pool: the model is asked for all that it needs in one sweep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from alcore.acquisition import Needs, PoolView, Strategy
from alcore.learning.inference import quantised_probability
from alcore.learning.learner import Learner
from alcore.learning.networks import gradient_embeddings


@dataclass(frozen=True)
class PoolFeatures:
    """Features of (n,) items, none twice: (n, D) float32 of unit length."""

    items: np.ndarray
    features: np.ndarray

    def with_more(self, items: np.ndarray, features: np.ndarray) -> PoolFeatures:
        """These, and others that were seen by the same model."""
        every, first = np.unique(np.concatenate([self.items, items]), return_index=True)
        return PoolFeatures(every, np.concatenate([self.features, features])[first])


def view_pool(
    learner: Learner,
    strategy: Strategy,
    *,
    candidates: np.ndarray,
    labelled: np.ndarray,
    mapped: np.ndarray,
    follow: Callable[[int, int], None],
) -> tuple[PoolView, PoolFeatures]:
    """Ask the model about the pool.

    Args:
        candidates: (U,) ids that may be chosen; labelled: (L,) ids that were.
        mapped: (n,) ids, of the pool, whose features are wanted besides those of the labelled ones.
        follow: called with patches done and in all.
    Returns:
        What the strategy declared that it needs, and the features that were wanted.
    """
    needs = strategy.needs
    wanted = np.union1d(mapped, labelled)
    asks_model = needs & ~Needs.ORACLE
    items = np.concatenate([candidates, labelled]) if asks_model else wanted
    has_features = Needs.FEATURES in needs
    is_wanted = np.isin(items, wanted)
    kept = np.ones(items.size, bool) if has_features else is_wanted
    scores, gradients, features = [], [], []
    done = 0
    for batch, output in learner.look(items, flipped=Needs.VIEWS in needs, on_patches=follow):
        if needs & (Needs.LOGITS | Needs.VIEWS):
            logits = output.logits if output.views is None else output.views
            scores.append(strategy.score(logits).cpu().numpy())
        if Needs.GRADIENTS in needs:
            gradients.append(gradient_embeddings(output).cpu().numpy())
        features.append(output.features.cpu().numpy()[kept[done : done + batch.size]])
        done += batch.size
    every = np.concatenate(features)
    pool_features = PoolFeatures(items[is_wanted], every[is_wanted[kept]])
    view = PoolView(
        candidates.size,
        scores=np.concatenate(scores)[: candidates.size] if scores else None,
        features=every[: candidates.size] if has_features else None,
        labelled_features=every[candidates.size :] if has_features else None,
        gradients=np.concatenate(gradients)[: candidates.size] if gradients else None,
        defective=learner.patches.defective[candidates] if Needs.ORACLE in needs else None,
    )
    return view, pool_features


def view_query(learner: Learner, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(q,) ids -> (q, H, W) uint8 defect probability, 255 for one, and (q, D) features."""
    outputs = [output for _, output in learner.look(items)]
    probability = np.concatenate([quantised_probability(output.logits) for output in outputs])
    return probability, np.concatenate([output.features.cpu().numpy() for output in outputs])
