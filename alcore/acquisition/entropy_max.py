"""Entropy of the one least sure pixel: the other end of aggregation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alcore.acquisition.entropy import entropy_map
from alcore.acquisition.strategy import HighestScore, register

if TYPE_CHECKING:
    from torch import Tensor


@register
class EntropyMax(HighestScore):
    """The patches with the most uncertain single pixel."""

    name = "entropy-max"
    score_name = "largest entropy of a pixel (nats)"
    help = (
        "Entropy of the one least sure pixel: favours patches with any boundary in them; "
        "helps while the model sees too few of those."
    )
    source = "Wu, Marquez-Neila, Rafi-Tarii & Sznitman 2024, arXiv:2412.06470 (maximum aggregation)"

    def score(self, logits: Tensor) -> Tensor:
        """(B, 1, H, W) logits -> (B,) largest entropy, in nats."""
        # Two logits that differ can round to one float32 entropy near ln 2; |logit| keeps their order.
        nearest = logits.abs().amin(dim=(1, 2, 3))
        return entropy_map(nearest)
