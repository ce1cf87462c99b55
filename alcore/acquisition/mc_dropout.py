"""Monte-Carlo dropout: ask where networks that lack some of their features contradict one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alcore.acquisition.strategy import HighestScore, Needs, register
from alcore.acquisition.tta_disagreement import mutual_information_map

if TYPE_CHECKING:
    from torch import Tensor

_AT_ONCE = 16  # patches: ten looks at a large batch, several times over, would fill gigabytes


@register
class McDropout(HighestScore):
    """BALD: the patches about which networks with dropped channels disagree most, averaged over pixels."""

    name = "mc-dropout"
    needs = Needs.DROPOUT
    score_name = "mean mutual information over dropout (nats)"
    help = (
        "BALD with Monte-Carlo dropout: asks where thinned copies of the model contradict each other, not "
        "where all are equally unsure."
    )
    source = (
        "Gal, Islam & Ghahramani 2017, Deep Bayesian active learning, arXiv:1703.02910; the score: Houlsby "
        "et al. 2011, arXiv:1112.5745"
    )
    departure = (
        "The networks here have no dropout and train without it; when patches are scored, whole channels "
        "that the output layer sees are dropped, in the same ten ways for all patches of a cycle."
    )

    def score(self, logits: Tensor) -> Tensor:
        """(V, B, 1, H, W) logits -> (B,) mean mutual information, in nats."""
        import torch  # here, since the page that lists strategies must not load it

        parts = torch.split(logits, _AT_ONCE, dim=1)
        return torch.cat([mutual_information_map(part).mean(dim=(1, 2, 3)) for part in parts])
