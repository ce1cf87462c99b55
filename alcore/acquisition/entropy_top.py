"""Entropy of the top pixels: a small defect must not drown in a large, sure background."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alcore.acquisition.entropy import entropy_map
from alcore.acquisition.strategy import HighestScore, register

if TYPE_CHECKING:
    from torch import Tensor

_TOP_SHARE = 0.01  # of the pixels; of 64 x 64 these are 41, about one small defect


@register
class EntropyTop(HighestScore):
    """The patches whose least sure hundredth of pixels has the highest mean entropy."""

    name = "entropy-top"
    score_name = "mean entropy of the top 1 % of pixels (nats)"
    help = "Entropy averaged over the least sure 1 % of pixels: helps where defects are tiny."
    source = "Kahl et al. 2024, ValUES, arXiv:2401.08501 (on aggregating pixels into one score)"
    departure = (
        "The mean over the least sure 1 % of pixels is ours; the paper compares other aggregations, among "
        "them the mean above a threshold and the largest of a sliding window."
    )

    def score(self, logits: Tensor) -> Tensor:
        """(B, 1, H, W) logits -> (B,) mean entropy of the top pixels, in nats."""
        entropy = entropy_map(logits).flatten(start_dim=1)  # (B, H*W)
        top = max(1, round(_TOP_SHARE * entropy.shape[1]))
        return entropy.topk(top, dim=1).values.mean(dim=1)
