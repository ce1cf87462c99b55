"""Dice + binary cross-entropy: by segmentation-models-pytorch, and in a few passes for light heads."""

from __future__ import annotations

import functools
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

_SURELY_CLEAN = -1e4  # a logit whose probability is 0
_SMALLEST_SUM = 1e-7  # of probabilities and mask, as in segmentation-models-pytorch


@functools.cache
def _dice() -> Any:  # noqa: ANN401  SMP gives its losses no types
    import segmentation_models_pytorch as smp  # seconds, which light heads do without

    return smp.losses.DiceLoss(mode="binary", from_logits=True)


def segmentation_loss(logits: Tensor, masks: Tensor, known: Tensor | None = None) -> Tensor:
    """Dice + binary cross-entropy of (B, 1, H, W) logits against {0, 1} masks; a scalar.

    known: (B, 1, H, W) float, 0 where a pixel counts for nothing; None where all count.
    """
    if known is None:
        dice: Tensor = _dice()(logits, masks)
        return dice + functional.binary_cross_entropy_with_logits(logits, masks)
    entropy = functional.binary_cross_entropy_with_logits(logits, masks, weight=known, reduction="sum")
    # A pixel of probability 0 that is not in the mask is in neither sum of Dice.
    dice = _dice()(logits.masked_fill(known == 0, _SURELY_CLEAN), masks * known)
    return dice + entropy / known.sum()


def light_segmentation_loss(logits: Tensor, masks: Tensor, known: Tensor | None = None) -> Tensor:
    """The same as `segmentation_loss` up to rounding, with its gradient written out: half of its time.

    A step of a light head takes so little that the loss is a third of it.
    """
    loss: Tensor = _LightLoss.apply(logits, masks, known)
    return loss


class _LightLoss(torch.autograd.Function):
    """Dice 1 − 2 Σpy / (Σp + Σy), 0 where Σy = 0, plus the mean cross-entropy; p = sigmoid of the logit."""

    @staticmethod
    def forward(ctx: Any, logits: Tensor, masks: Tensor, known: Tensor | None) -> Tensor:  # noqa: ANN401  torch's own
        """(B, 1, H, W) logits, masks and weights of pixels -> the loss, a scalar."""
        probability = logits.sigmoid()
        # log1p, of which the library makes the cross-entropy, takes as long as all else here.
        surer = torch.maximum(probability, 1 - probability)
        by_pixel = logits.clamp_min(0) - logits * masks - surer.log()
        entropy = (by_pixel if known is None else by_pixel * known).sum()
        counted = masks.new_tensor(masks.numel()) if known is None else known.sum()
        if known is not None:
            probability, masks = probability * known, masks * known
        overlap, area = (probability * masks).sum(), masks.sum()
        both = (probability.sum() + area).clamp_min(_SMALLEST_SUM)
        ctx.save_for_backward(probability, masks, overlap, both, area, counted)
        return (1 - 2 * overlap / both) * (area > 0) + entropy / counted

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:  # noqa: ANN401  torch's own
        """The gradient by the logits; masks and weights have none."""
        probability, masks, overlap, both, area, counted = ctx.saved_tensors
        by_probability = (masks * (-2 / both) + 2 * overlap / both**2) * (area > 0)
        slope = probability * (1 - probability)  # 0 where a pixel does not count, since its p is 0
        entropy = (probability - masks) / counted
        return gradient * (by_probability * slope + entropy), None, None
