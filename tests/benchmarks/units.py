"""CPU time that it takes to count a finished run's budget in another unit, without the browser's part.

    make bench-units

15 repetitions, 8 strategies, 10 cycles; what labels took has been read from the masks before, once.
"""

from __future__ import annotations

import time

import numpy as np

from alcore.presentation.figures.curves_over_units import curves_over_spent
from alcore.statistics.budget_units import Labelling, LabelModel, flips, spent_frame
from alcore.statistics.estimands import Curves
from alcore.statistics.resampling import repetition_replicates

SHAPE = (15, 8, 10)
_NAMES = (
    *("random", "entropy", "core-set", "entropy-top", "entropy-max", "entropy-diverse", "badge"),
    "typiclust",
)


def main() -> None:
    """Print the median of 20 times, after a first one."""
    rng = np.random.default_rng(0)
    labelled = np.arange(1, 11) * 86
    values = rng.uniform(0, 0.1, size=SHAPE).cumsum(axis=2)
    curves = Curves(_NAMES, labelled, 4300, values, repetition_replicates(values))
    defective = rng.integers(1, 60, size=SHAPE).cumsum(axis=2)
    labelling = Labelling(np.broadcast_to(labelled, SHAPE), defective, 300 * defective, 70 * defective)
    seconds = [_draw(curves, labelling, LabelModel(spacing=2 + number / 10)) for number in range(21)]
    drawn, changing = np.median(np.array(seconds[1:]), axis=0)
    pairs = SHAPE[1] * (SHAPE[1] - 1) // 2
    print(
        f"curves over seconds, drawn: {1000 * drawn:.0f} ms; {pairs} pairs compared: {1000 * changing:.0f} ms"
    )


def _draw(curves: Curves, labelling: Labelling, model: LabelModel) -> tuple[float, float]:
    begun = time.process_time()
    spent = labelling.spent("seconds", model)
    bought = dict(zip(curves.strategies, spent.mean(axis=0).tolist(), strict=True))
    curves_over_spent(spent_frame(curves, spent), bought, unit="seconds", title="IoU").to_json()
    drawn = time.process_time()
    flips(curves, labelling, "seconds", model)
    return drawn - begun, time.process_time() - drawn


if __name__ == "__main__":
    main()
