"""The power that planned studies have, over simulated pilots.

    make bench-planning

A pilot's paired differences are normal with a standard deviation of 1. The plan that it leads to is judged by
the probability with which so many repetitions find the true difference.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import nct, t

from alcore.statistics.multiplicity import POWER
from alcore.statistics.planning import assured, repetitions_needed

PILOTS = 2000


def main() -> None:
    """Print the table of docs/benchmarks.md."""
    print("| pilot, true difference | planned with | mean power | 80 % or more | below 50 % |")
    print("| --- | --- | --- | --- | --- |")
    for pilot in (3, 5, 10):
        for difference in (0.5, 1.0):
            for title, is_assured in (("the pilot's deviation", False), ("assurance", True)):
                power = powers(pilot, difference=difference, pilots=PILOTS, is_assured=is_assured)
                cells = (power.mean(), (power >= POWER - 0.001).mean(), (power < 0.5).mean())
                texts = " | ".join(f"{100 * share:.0f} %" for share in cells)
                print(f"| {pilot} repetitions, {difference:g} | {title} | {texts} |", flush=True)


def powers(pilot: int, *, difference: float, pilots: int, is_assured: bool = True) -> np.ndarray:
    """(pilots,) true power of the studies that simulated pilots of so many repetitions lead to."""
    rng = np.random.default_rng([pilot, pilots])
    spread = rng.normal(size=(pilots, pilot)).std(axis=1, ddof=1) * (assured(pilot) if is_assured else 1)
    planned = np.array([repetitions_needed(float(one), difference) for one in spread])
    sizes, rows = np.unique(planned, return_inverse=True)
    freedom = sizes - 1
    return nct.sf(t.ppf(0.975, freedom), freedom, difference * np.sqrt(sizes))[rows]


if __name__ == "__main__":
    main()
