"""How many of the images in use are defective, estimated from images without labels.

A model's score of an image is its surest pixel. Under label shift scores keep their distributions within each
class, so a stream of unlabelled images is a mixture of the two that validation images show, and the
share of the defective one, π₁, can be estimated:

- *black box* (BBSE): from how many images of the stream are flagged at one threshold, given the detection and
  false-alarm rates on validation;
- *maximum likelihood* (EM): from all scores, given how much likelier each is among defective images, which a
  logistic curve through the validation scores says. A few defective validation images are often perfectly
  separable, so plain logistic regression has no finite slope. Targets a little off 0 and 1 (Platt's) cap the
  likelihood ratio and with three defective images put π₁ at a quarter of its value; Firth's penalty keeps the
  slope finite and has little bias (`make bench-meter`).

Both have the same limit: if production images differ from validation in more than the share of defects,
neither is right. Validation images are a random sample of their class, unlike what a strategy queried.
Images in use may come in bursts of near copies; n of them then count as fewer, see `effective_number`.

Source: Lipton, Wang & Smola 2018, arXiv:1802.03916 (BBSE); Saerens, Latinne & Decaestecker 2002, Neural
Computation 14 (EM); Firth 1993, Biometrika 80 (penalty); Heinze & Schemper 2002, Statistics in Medicine 21.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit, ndtri, stdtrit

from alcore.statistics.estimands import Estimate
from alcore.statistics.resampling import LEVEL, interval
from alcore.streams import Purpose, stream

_DRAWS = 200
_STEPS = 60
_GRID = 200
_LEAST = 1e-6


@dataclass(frozen=True)
class Scored:
    """Validation images: scores (V,) largest pixel probabilities, and defective (V,) bool."""

    scores: np.ndarray
    defective: np.ndarray


def black_box(validation: Scored, unlabelled: np.ndarray, *, threshold: float | None = None) -> Estimate:
    """π₁ from the share of flagged images: (flagged − false alarms) / (detected − false alarms).

    Args:
        unlabelled: (n,) scores of images in use, in the order in which they came.
        threshold: on the score; by default where the logistic curve through validation crosses even odds; all
        scores determine it, so it favours neither rate.
    Returns:
        0 to 1, with a 95 % interval over the three shares' posteriors under Jeffreys' prior; NaN where the
        model does not tell the classes apart on validation.
    Source: Lipton, Wang & Smola 2018, arXiv:1802.03916.
    """
    cut = _boundary(validation) if threshold is None else threshold
    rng, shares = stream(0, Purpose.BOOTSTRAP, 4), []
    known = validation.defective
    sources = (unlabelled, validation.scores[known], validation.scores[~known])
    sizes = (effective_number(unlabelled >= cut), sources[1].size, sources[2].size)
    for scores, size in zip(sources, sizes, strict=True):
        share = float((scores >= cut).mean())
        hits = size * share
        shares.append((share, rng.beta(hits + 0.5, size - hits + 0.5, 20 * _DRAWS)))
    (flagged, detected, alarms), draws = zip(*shares, strict=True)
    if detected <= alarms:
        return Estimate(np.nan)
    value = np.clip((flagged - alarms) / (detected - alarms), 0, 1)
    spread = np.maximum(draws[1] - draws[2], _LEAST)
    return _widened(float(value), np.clip((draws[0] - draws[2]) / spread, 0, 1))


def maximum_likelihood(validation: Scored, unlabelled: np.ndarray) -> Estimate:
    """π₁ at which the unlabelled scores are likeliest: what Saerens's EM converges to.

    Args:
        unlabelled: (n,) scores of images in use, in the order in which they came.
    Returns:
        0 to 1, with a 95 % interval: of π's posterior under Jeffreys' prior of a share, averaged over
        resampled validation images (each class by itself), since the curve is known no better than they tell.
    Source: Saerens, Latinne & Decaestecker 2002, Neural Computation 14.
    """
    weights = np.concatenate([np.ones((1, validation.scores.size)), _resampled(validation)])
    curves = np.stack(_logistic(_odds(validation.scores), validation.defective, weights))  # (2, 1 + B)
    curves[:, 1:] = curves[:, :1] + _small_sample(validation) * (curves[:, 1:] - curves[:, :1])
    slopes, levels = curves
    ratio = np.exp(np.clip(slopes[:, None] * _odds(unlabelled) + levels[:, None], -30, 30))
    value = float(_mixture_share(ratio[:1])[0])
    suspected = value * ratio[0] / (value * ratio[0] + 1 - value)
    # a burst of the rare class shows in what is suspected, bursts of the clean one in the scores
    counted = min(effective_number(one) for one in (suspected, _odds(unlabelled))) / unlabelled.size
    low, high = _posterior_interval(ratio[1:], counted)
    return Estimate(value, min(low, value), max(high, value))


def effective_number(series: np.ndarray) -> float:
    """How many independent images n successive images are worth, for the mean of one number per image.

    n over the integrated autocorrelation time, 1 + 2 Σ ρ, summed in pairs of lags until a pair is not
    positive. Frames of one part, or patches of one image, are near copies: bursts of ten count as about one
    each. Images that are sorted by class look dependent too, and are counted as too few rather than too many.

    Args:
        series: (n,) in the order in which the images came; True and False count as 1 and 0.
    Returns:
        1 to n; n where all numbers are the same.
    Source: Geyer 1992, Statistical Science 7 (initial positive sequence).
    """
    centred = np.asarray(series, dtype=np.float64) - np.mean(series)
    size, variance = centred.size, float(centred @ centred)
    if size < 4 or variance <= 1e-12 * size:
        return float(size)
    time = -1.0
    for lag in range(0, size - 1, 2):
        pair = centred[: size - lag] @ centred[lag:] + centred[: size - lag - 1] @ centred[lag + 1 :]
        if pair <= 0:
            break
        time += 2 * pair / variance
    return float(size / np.clip(time, 1, size))


def _odds(scores: np.ndarray) -> np.ndarray:
    return logit(np.clip(scores.astype(np.float64), _LEAST, 1 - _LEAST))


def _boundary(validation: Scored) -> float:
    """The score at which an image is as likely among defective as among clean ones; ½ where no score is."""
    every = np.ones((1, validation.scores.size))
    (slope,), (level,) = _logistic(_odds(validation.scores), validation.defective, every)
    return float(expit(-level / slope)) if slope > 0 else 0.5


def _resampled(validation: Scored) -> np.ndarray:
    """(B, V) how often each validation image is drawn, each class as often as it is there."""
    rng = stream(0, Purpose.BOOTSTRAP, 5)
    weights = np.zeros((_DRAWS, validation.scores.size))
    for members in (validation.defective, ~validation.defective):
        count = int(members.sum())
        weights[:, members] = rng.multinomial(count, np.full(count, 1 / count), size=_DRAWS)
    return weights


def _small_sample(validation: Scored) -> float:
    """How much farther than resampled curves the true one may be, as Student's t is wider than a normal."""
    fewest = int(min(validation.defective.sum(), (~validation.defective).sum()))
    if fewest < 2:
        return 1.0  # resampling one image says nothing, and the reading says so
    tail = (1 + LEVEL) / 2
    return float(stdtrit(fewest - 1, tail) / ndtri(tail) * np.sqrt(fewest / (fewest - 1)))


def _logistic(x: np.ndarray, defective: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(B,) slopes and levels of the log likelihood ratio, by Newton's method for all weights at once.

    Both classes count the same, so that the fitted log odds are the ratio itself. Firth's penalty adds half
    the logarithm of the information's determinant to the likelihood of as many images as two classes of the
    harmonic mean's size have.

    Source: Firth 1993, Biometrika 80; Heinze & Schemper 2002, Statistics in Medicine 21.
    """
    sizes = defective.sum(), (~defective).sum()
    balanced = weights * np.where(defective, 0.5 / sizes[0], 0.5 / sizes[1])
    penalty = (1 / sizes[0] + 1 / sizes[1]) / 4
    centre, scale = x.mean(), x.std() or 1.0
    design = np.stack([np.ones_like(x), (x - centre) / scale])  # (2, V)
    products = np.einsum("iv,jv->ijv", design, design)
    beta = np.zeros((len(weights), 2))
    for _ in range(_STEPS):
        probability = expit(beta @ design)
        curvature = balanced * probability * (1 - probability)  # (B, V)
        hessian = np.einsum("bv,ijv->bij", curvature, products) + 1e-9 * np.eye(2)
        leverage = curvature * np.einsum("bij,ijv->bv", np.linalg.inv(hessian), products)
        residual = balanced * (defective - probability) + penalty * leverage * (0.5 - probability)
        step = np.linalg.solve(hessian, (residual @ design.T)[..., None])[..., 0]
        beta += step.clip(-2, 2)
        if np.abs(step).max() < 1e-7:
            break
    return beta[:, 1] / scale, beta[:, 0] - beta[:, 1] * centre / scale


def _posterior_interval(ratio: np.ndarray, counted: float) -> tuple[float, float]:
    """The central 95 % of π's posterior, averaged over the B rows of (B, n) likelihood ratios.

    Each image counts as the share `counted` of one. In θ with π = sin² θ, Jeffreys' prior of a share is
    uniform.
    """
    shares = np.sin(np.linspace(0, np.pi / 2, _GRID)) ** 2
    log_likelihood = counted * np.stack(
        [np.log1p(share * (ratio - 1)).sum(axis=1) for share in shares], axis=1
    )
    posterior = np.exp(log_likelihood - log_likelihood.max(axis=1, keepdims=True))
    posterior = (posterior / posterior.sum(axis=1, keepdims=True)).mean(axis=0)
    below = np.cumsum(posterior) - posterior / 2
    low, high = np.interp([(1 - LEVEL) / 2, (1 + LEVEL) / 2], below, shares)
    return float(low), float(high)


def _mixture_share(ratio: np.ndarray) -> np.ndarray:
    """(B, n) likelihood ratios -> (B,) shares that maximise Σ log(π·ratio + 1 − π), which is concave in π."""
    low, high = np.zeros(len(ratio)), np.ones(len(ratio))
    for _ in range(_STEPS):
        middle = (low + high) / 2
        slope = ((ratio - 1) / (middle[:, None] * (ratio - 1) + 1)).sum(axis=1)
        rises = slope > 0
        low, high = np.where(rises, middle, low), np.where(rises, high, middle)
    return (low + high) / 2


def _widened(value: float, draws: np.ndarray) -> Estimate:
    """With the interval of the draws, which holds the value itself."""
    low, high = interval(draws)
    return Estimate(value, float(np.minimum(low, value)), float(np.maximum(high, value)))
