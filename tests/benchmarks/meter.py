"""How often estimates of π₁ from unlabelled images contain the truth, over simulated streams.

    make bench-meter

Scores are normal on the logit, 2.5 standard deviations apart by class (an AUROC of 0.96). Validation images
and the images in use are drawn again for each stream. Two tables: balanced validation at every π₁, and few
defective validation images or images in use that come in bursts.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import expit

from alcore.statistics.estimands import Estimate
from alcore.statistics.priors import Scored, black_box, maximum_likelihood
from alcore.wording import percent

PREVALENCES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
STREAMS, BALANCED, USED = 200, (160, 160), 500
FEW = ((3, 100), (5, 100), (10, 100), (30, 100))
BURST = 10
METHODS = {"black box": black_box, "maximum likelihood": maximum_likelihood}


def main() -> None:
    """Print the two tables of docs/benchmarks.md."""
    _print_head("π₁")
    for prevalence in PREVALENCES:
        _print_row(percent(prevalence), BALANCED, prevalence)
    print()
    _print_head("defective / clean on validation, π₁")
    for tuned_on in FEW:
        for prevalence in (0.02, 0.2):
            _print_row(f"{tuned_on[0]} / {tuned_on[1]}, {percent(prevalence)}", tuned_on, prevalence)
    for prevalence in (0.05, 0.2):
        _print_row(f"160 / 160, {percent(prevalence)}, bursts of {BURST}", BALANCED, prevalence, BURST)


def _print_head(first: str) -> None:
    columns = [f"{name}: {what}" for name in METHODS for what in ("covered", "mean estimate", "mean width")]
    print(f"| {first} | {' | '.join(columns)} |")
    print(f"|{' --- |' * (1 + len(columns))}")


def _print_row(title: str, tuned_on: tuple[int, int], prevalence: float, burst: int = 1) -> None:
    cells = []
    for method in METHODS.values():
        held, value, width = coverage(method, tuned_on, prevalence, streams=STREAMS, used=USED, burst=burst)
        cells += [f"{held:.1%}", f"{value:.3f}", f"{width:.3f}"]
    print(f"| {title} | {' | '.join(cells)} |", flush=True)


def coverage(
    method: Callable[[Scored, np.ndarray], Estimate],
    tuned_on: tuple[int, int],
    prevalence: float,
    *,
    streams: int,
    used: int,
    burst: int = 1,
) -> tuple[float, float, float]:
    """How often the interval holds π₁, the mean estimate and the mean width.

    Args:
        tuned_on: defective and clean validation images.
        used: images in use, in bursts of so many near copies.
    """
    found = [_estimate(method, tuned_on, prevalence, used, burst, seed) for seed in range(streams)]
    held = np.mean([one.low <= prevalence <= one.high for one in found])
    defined = [one for one in found if not np.isnan(one.value)]
    value, width = (np.mean([part(one) for one in defined]) for part in (_value, _width))
    return float(held), float(value), float(width)


def _value(one: Estimate) -> float:
    return one.value


def _width(one: Estimate) -> float:
    return one.high - one.low


def _estimate(
    method: Callable[[Scored, np.ndarray], Estimate],
    tuned_on: tuple[int, int],
    prevalence: float,
    used: int,
    burst: int,
    seed: int,
) -> Estimate:
    rng = np.random.default_rng([seed, round(1000 * prevalence), *tuned_on])
    known = np.arange(sum(tuned_on)) < tuned_on[0]
    tuned = Scored(scores(rng, known), known)
    parts = scores(rng, rng.random(used // burst) < prevalence)
    return method(tuned, np.repeat(parts, burst))


def scores(rng: np.random.Generator, defective: np.ndarray, *, apart: float = 2.5) -> np.ndarray:
    """Scores of images whose logits are normal, so many standard deviations apart by class."""
    return expit(2 * rng.normal(np.where(defective, apart / 2, -apart / 2), 1.0) - 1).astype(np.float32)


if __name__ == "__main__":
    main()
