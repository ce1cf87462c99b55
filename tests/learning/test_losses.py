"""The light loss is segmentation-models-pytorch's, up to rounding, in value and in gradient."""

import pytest
import torch

from alcore.learning.losses import light_segmentation_loss, segmentation_loss


def drawn(seed: int, *, share: float, known: float | None):
    generator = torch.Generator().manual_seed(seed)
    logits = 4 * torch.randn(3, 1, 12, 10, generator=generator, dtype=torch.float64)
    masks = (torch.rand(logits.shape, generator=generator) < share).double()
    counted = None if known is None else (torch.rand(logits.shape, generator=generator) < known).double()
    return logits.requires_grad_(), masks, counted


@pytest.mark.parametrize("share", [0.0, 0.1, 1.0], ids=["clean", "some", "full"])
@pytest.mark.parametrize("known", [None, 0.7], ids=["all known", "some ignored"])
def test_the_light_loss_has_the_value_and_the_gradient_of_the_library_s(share, known):
    logits, masks, counted = drawn(1, share=share, known=known)
    both = [loss(logits, masks, counted) for loss in (segmentation_loss, light_segmentation_loss)]
    assert torch.allclose(*both, rtol=1e-7)
    assert torch.allclose(*(torch.autograd.grad(loss, logits)[0] for loss in both), rtol=1e-6, atol=1e-9)


def test_its_gradient_is_that_of_its_values():
    logits, masks, counted = drawn(2, share=0.3, known=0.8)
    assert torch.autograd.gradcheck(lambda given: light_segmentation_loss(given, masks, counted), logits)


def test_logits_so_large_that_probabilities_are_0_and_1_stay_finite():
    logits = torch.tensor([[[[1e4, -1e4, 200.0, -200.0]]]], requires_grad=True)
    masks = torch.tensor([[[[0.0, 1.0, 1.0, 0.0]]]])
    loss = light_segmentation_loss(logits, masks)
    (gradient,) = torch.autograd.grad(loss, logits)
    assert torch.isfinite(loss)
    assert torch.isfinite(gradient).all()
