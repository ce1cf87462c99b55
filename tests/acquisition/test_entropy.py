import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import entr

from alcore.acquisition import entropy_scores
from alcore.presentation.imaging import entropy_of


@given(st.floats(-15, 15))
def test_closed_form_of_a_constant_patch(logit):
    p = 1 / (1 + np.exp(-logit))
    scores = entropy_scores(torch.full((2, 1, 3, 4), logit, dtype=torch.float64))
    assert scores.shape == (2,)
    assert np.allclose(scores.numpy(), entr(p) + entr(1 - p), atol=1e-9)


def test_the_mean_is_over_pixels():
    logits = torch.tensor([0.0, 50.0]).repeat(8).reshape(1, 1, 4, 4)
    assert torch.allclose(entropy_scores(logits), torch.tensor(np.log(2) / 2, dtype=torch.float32))


def test_extreme_logits_stay_finite_and_half_precision_is_widened():
    logits = torch.tensor([[-1e4, 1e4, 88.0, 0.0]]).reshape(1, 1, 2, 2)
    assert torch.isfinite(entropy_scores(logits)).all()
    assert entropy_scores(logits.clamp(-100, 100).half()).dtype == torch.float32


def test_the_shown_map_is_the_same_entropy():
    probability = np.arange(256, dtype=np.uint8)
    logits = torch.logit(torch.from_numpy(probability / 255.0).clamp(1e-6, 1 - 1e-6))
    assert np.allclose(
        entropy_of(probability), entropy_scores(logits.reshape(-1, 1, 1, 1)).numpy(), atol=1e-6
    )
