"""Remedies for shift that tune nothing at π₁: correct the prior, with and without scaling the temperature.

A model trained where a share ρ of the pixels is defective, and used where it is ρ₁, should have its logits
shifted by logit ρ₁ − logit ρ, if its probabilities are calibrated and images of each class stay as they are.
That is the same as a threshold at logit ρ − logit ρ₁, so it follows from kept counts like every other rule.
Temperature scaling first divides logits by a T that suits the validation patches, so that the threshold is T
times as far from 0.

A third assumption is that pixel odds move as the odds of images do. Clean pixels that occur only beside
defects break it: they get rarer with the defects, so ½ remains right for pixels that look like these, and the
correction gives up both (tests/statistics/test_remedies.py has a set made this way).

All three assumptions are doubtful here, which is why the correction's effect is shown: Dice loss does not
reward calibrated probabilities, and a strategy's queries are not a random sample of the pool or of a class.

Source: Saerens, Latinne & Decaestecker 2002, Neural Computation 14 (the correction); Guo et al. 2017,
arXiv:1706.04599 (the temperature).
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit

from alcore.thresholds import LOGITS

_TEMPERATURES = np.geomspace(0.25, 16, 61)
_LEAST, _MOST = 1e-6, 1 - 1e-6
_MIDDLES = (LOGITS[1:] + LOGITS[:-1]).astype(float) / 2
"""(32,) a logit for each bin but the outer two, which have no middle."""


def prior_thresholds(
    trained: np.ndarray, validation: np.ndarray, prevalence: float, temperature: np.ndarray | float = 1.0
) -> np.ndarray:
    """The kept threshold that lies nearest to where the corrected prior puts it.

    Args:
        trained: (...) defective share of the labelled patches; one that is 0 or 1 is taken for nearly so.
        validation: (..., 33, 2, 5) class means at every threshold, which tell how large defects are.
        prevalence: π₁; temperature: (...) of `temperatures`, 1 for none.
    Returns:
        (...) int64, an index of `alcore.thresholds.LOGITS`.
    Source: Saerens, Latinne & Decaestecker 2002, Neural Computation 14.
    """
    area = _area(validation)
    before, after = (logit(np.clip(share * area, _LEAST, _MOST)) for share in (trained, prevalence))
    wanted = temperature * (before - after)
    return np.abs(LOGITS - wanted[..., None]).argmin(axis=-1)


def temperatures(trained: np.ndarray, validation: np.ndarray) -> np.ndarray:
    """The temperature that suits validation patches, reweighted to the labelled set's prevalence.

    Args:
        trained, validation: as for `prior_thresholds`.
    Returns:
        (...) the one of 61 from ¼ to 16 with the smallest cross-entropy of the pixels between the first and
        the last threshold, taken at the middles of bins.
    Source: Guo et al. 2017, arXiv:1706.04599.
    """
    share = np.clip(trained, 0.01, 1)[..., None]
    expected = share[..., None] * validation[..., 1, :4] + (1 - share[..., None]) * validation[..., 0, :4]
    right, wrong = expected[..., 0], expected[..., 1]  # (..., 33)
    defective, harmless = -np.diff(right, axis=-1), -np.diff(wrong, axis=-1)  # (..., 32) between thresholds
    scaled = _MIDDLES / _TEMPERATURES[:, None]  # (61, 32)
    likelihood = defective @ np.log(expit(scaled)).T + harmless @ np.log(expit(-scaled)).T
    return _TEMPERATURES[likelihood.argmax(axis=-1)]


def _area(validation: np.ndarray) -> np.ndarray:
    """(...) share of a defective patch's pixels that is defective."""
    counts = validation[..., 0, 1, :4]
    return (counts[..., 0] + counts[..., 2]) / counts.sum(axis=-1)
