"""Entropy of the one least sure pixel: the other end of aggregation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alcore.acquisition.strategy import HighestScore, register

if TYPE_CHECKING:
    from torch import Tensor


@register
class EntropyMax(HighestScore):
    """The patches with the most uncertain single pixel.

    Entropy near its maximum is flat: in float32 all logits within ±0.0007 have the same. So a pixel's
    |logit|, which orders pixels exactly as entropy does, stands for it.
    """

    name = "entropy-max"
    score_name = "minus |logit| of the least sure pixel (0: even odds)"
    help = (
        "Entropy of the one least sure pixel: favours patches with any boundary in them; "
        "helps while the model sees too few of those."
    )
    source = "Wu, Marquez-Neila, Rafi-Tarii & Sznitman 2024, arXiv:2412.06470 (maximum aggregation)"
    departure = (
        "Patches are ordered by the least |logit| of a pixel, which orders as the paper's largest entropy "
        "does, without its ties."
    )

    def score(self, logits: Tensor) -> Tensor:
        """(B, 1, H, W) logits -> (B,) minus the smallest |logit|."""
        return -logits.float().abs().amin(dim=(1, 2, 3))
