"""Test-time-augmentation disagreement: ask where flips of one patch contradict each other.

It has BALD's score, the mutual information between prediction and view. But BALD's views are draws of the
network's weights, and tell what the model does not know; these are flips of the image, and tell where the
model is not yet the same for images that should be. So it is not called BALD.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alcore.acquisition.entropy import entropy_map
from alcore.acquisition.strategy import HighestScore, Needs, register

if TYPE_CHECKING:
    from torch import Tensor


def mutual_information_map(logits: Tensor) -> Tensor:
    """What the views of a pixel disagree about.

    Args:
        logits: (V, ...) of the same pixels, seen in V ways.
    Returns:
        (...) in nats, 0 to ln 2: the entropy of the mean probability minus the mean entropy.
    Source: Houlsby et al. 2011, arXiv:1112.5745.
    """
    probability = logits.float().sigmoid().mean(dim=0)
    of_the_mean = entropy_map(probability.logit(eps=1e-7))
    return (of_the_mean - entropy_map(logits.float()).mean(dim=0)).clamp(min=0)


@register
class TtaDisagreement(HighestScore):
    """The patches whose flips the model judges most differently, averaged over pixels.

    The views are test-time flips instead of dropout samples: few of the networks offered here have dropout,
    and flips cost as many passes but need no randomness. See `Learner.look` for which flips.
    """

    name = "tta-disagreement"
    former_names = ("bald",)
    needs = Needs.VIEWS
    score_name = "mean mutual information over flips (nats)"
    help = (
        "Asks where the model contradicts itself on flipped copies: sets what it could learn apart from "
        "pixels that are doubtful for anyone."
    )
    source = "Flips: Wang et al. 2019, arXiv:1807.07356; their score: Houlsby et al. 2011, arXiv:1112.5745"
    departure = (
        "The first paper looks at random flips, rotations, scales and noise, and takes the entropy of the "
        "mean; here the views are the flips used in training, and the score is their mutual information."
    )

    def score(self, logits: Tensor) -> Tensor:
        """(V, B, 1, H, W) logits -> (B,) mean mutual information, in nats."""
        return mutual_information_map(logits).mean(dim=(1, 2, 3))
