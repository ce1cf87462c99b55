"""How often estimates of π₁ from unlabelled images contain the truth, over simulated streams.

    make bench-meter

Scores are normal on the logit, 2.5 standard deviations apart by class (an AUROC of 0.96); 320 validation
images, half of them defective, and 500 images in use, are drawn anew for each of 200 streams.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from alcore.statistics.priors import Scored, black_box, maximum_likelihood
from alcore.wording import percent

PREVALENCES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
STREAMS, TUNED_ON, USED = 200, 320, 500
METHODS = {"black box": black_box, "maximum likelihood": maximum_likelihood}


def main() -> None:
    """Print the table of docs/benchmarks.md."""
    columns = [f"{name}: {what}" for name in METHODS for what in ("covered", "mean estimate", "mean width")]
    print(f"| π₁ | {' | '.join(columns)} |")
    print(f"|{' --- |' * (1 + len(columns))}")
    for prevalence in PREVALENCES:
        cells = []
        for method in METHODS.values():
            found = [_estimate(method, prevalence, seed) for seed in range(STREAMS)]
            held = np.mean([one.low <= prevalence <= one.high for one in found])
            width = np.mean([one.high - one.low for one in found])
            cells += [f"{held:.1%}", f"{np.mean([one.value for one in found]):.3f}", f"{width:.3f}"]
        print(f"| {percent(prevalence)} | {' | '.join(cells)} |", flush=True)


def _estimate(method, prevalence: float, seed: int):
    rng = np.random.default_rng([seed, round(1000 * prevalence)])
    known = np.arange(TUNED_ON) < TUNED_ON // 2
    tuned = Scored(_scores(rng, known), known)
    return method(tuned, _scores(rng, rng.random(USED) < prevalence))


def _scores(rng: np.random.Generator, defective: np.ndarray) -> np.ndarray:
    return expit(2 * rng.normal(np.where(defective, 1.25, -1.25), 1.0) - 1).astype(np.float32)


if __name__ == "__main__":
    main()
