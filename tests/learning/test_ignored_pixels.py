"""Pixels that nobody knows weigh nothing, in training and in judging."""

import numpy as np
import torch

from alcore.config import make_config
from alcore.data.synthetic import SyntheticPatches
from alcore.learning.inference import judge
from alcore.learning.learner import Learner, ignore_progress
from alcore.learning.losses import segmentation_loss
from tests.conftest import SMALL


class HalfKnown(SyntheticPatches):
    """Surfaces of whose first columns nobody knows anything; whatever their masks say there."""

    def __init__(self, *, lies=False):
        super().__init__()
        self.lies = lies

    def masks(self, items):
        found = super().masks(items).copy()
        found[:, :, :20] = self.lies
        return found

    def ignored(self, items):
        found = np.zeros((items.size, *self.shape[:2]), dtype=bool)
        found[:, :, :20] = True
        return found


def trained(patches):
    learner = Learner(make_config(SMALL | {"training": {"steps": 4, "batch_size": 6}}), patches, seed=1)
    learner.fit(np.arange(12), rng=np.random.default_rng(0), on_step=ignore_progress)
    return learner


def test_what_masks_say_of_unknown_pixels_changes_no_weight_and_no_count():
    honest, lying = trained(HalfKnown()), trained(HalfKnown(lies=True))
    weights, others = honest.weights(), lying.weights()
    assert all(torch.equal(weights[name], others[name]) for name in weights)
    items = np.arange(20)
    one, other = honest.evaluate(items), lying.evaluate(items)
    assert np.array_equal(one.counts, other.counts)
    assert np.array_equal(one.max_probability, other.max_probability)
    assert (one.counts.sum(axis=1) == 64 * 44).all()
    known = trained(SyntheticPatches()).weights()
    assert any(not torch.equal(weights[name], known[name]) for name in weights)


def test_the_loss_is_that_of_the_known_pixels_alone():
    rng = torch.Generator().manual_seed(3)
    logits = torch.randn(2, 1, 8, 8, generator=rng, requires_grad=True)
    masks = (torch.rand(2, 1, 8, 8, generator=rng) > 0.6).float()
    known = torch.ones(2, 1, 8, 8)
    known[..., 5:] = 0
    loss = segmentation_loss(logits, masks, known)
    cropped = segmentation_loss(logits[..., :5], masks[..., :5])
    assert torch.allclose(loss, cropped, atol=1e-6)
    (gradient,) = torch.autograd.grad(loss, logits)
    assert (gradient[..., 5:] == 0).all()
    assert (gradient[..., :5] != 0).all()


def test_the_largest_probability_is_that_of_a_known_pixel():
    logits = torch.full((1, 1, 4, 4), -1.0)
    logits[0, 0, 0, 0], logits[0, 0, 3, 3] = 9.0, 0.5
    masks, ignored = np.zeros((1, 4, 4), dtype=bool), np.zeros((1, 4, 4), dtype=bool)
    ignored[0, 0, 0] = True
    found = judge(logits, masks, ignored)
    assert found.max_probability[0] == torch.sigmoid(torch.tensor(0.5))
    assert found.counts.tolist() == [[0, 1, 0, 14]]
    assert judge(logits, masks).counts.tolist() == [[0, 2, 0, 14]]
