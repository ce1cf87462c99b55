"""Entropy: ask where the model is least sure, averaged over the patch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alcore.acquisition.strategy import HighestScore, register

if TYPE_CHECKING:
    from torch import Tensor


def entropy_map(logits: Tensor) -> Tensor:
    """Binary entropy of every pixel.

    Args:
        logits: any shape; half precision is computed in float32.
    Returns:
        The same shape, in nats, 0 to ln 2.
    Source: with a = |logit|, H = log(1 + e^-a) + a·sigmoid(-a), which neither overflows nor loses small
    probabilities.
    """
    if logits.element_size() < 4:
        logits = logits.float()
    certainty = logits.abs()
    return (-certainty).exp().log1p() + certainty * (-certainty).sigmoid()


def entropy_scores(logits: Tensor) -> Tensor:
    """Mean binary entropy of each patch.

    Args:
        logits: (N, 1, H, W).
    Returns:
        (N,) mean over pixels, in nats, 0 to ln 2.
    Source: Combes, Derville & Coeurjolly, arXiv:2601.06209; Shannon 1948.
    """
    return entropy_map(logits).mean(dim=(1, 2, 3))


@register
class Entropy(HighestScore):
    """The patches whose mean pixel entropy is highest."""

    name = "entropy"
    score_name = "mean entropy (nats)"
    help = "Asks where the model is least sure of its pixels: finds rare defects once it knows a few."
    source = "Combes, Derville & Coeurjolly 2026, arXiv:2601.06209"
    departure = "None known."

    def score(self, logits: Tensor) -> Tensor:
        """(B, 1, H, W) logits -> (B,) mean entropy in nats."""
        return entropy_scores(logits)
