"""How long a run has taken, and about how long it still will."""

from __future__ import annotations

import time
from collections.abc import Callable

from alcore.config import RunConfig

_PHASE_SHARE = {"scoring": (0.0, 0.15), "training": (0.15, 0.7), "evaluating": (0.85, 0.15)}
"""Where a phase begins within a cycle, and how much of it it is; roughly, as seen with the demo preset."""


class Clock:
    """Counts the seconds of work, pauses left out, and estimates the rest.

    The first cycle of a repetition is trained once for all strategies, so it weighs one record, not one a
    strategy; in epoch mode a cycle weighs as many steps as it takes.
    """

    def __init__(
        self, config: RunConfig, *, finished: int, now: Callable[[], float] = time.monotonic
    ) -> None:
        strategies = len(config.strategies)
        per_cycle = [
            config.training.steps_for(cycle * config.query_count) for cycle in range(1, config.cycles + 1)
        ]
        shared_first = [per_cycle[0]] + [0] * (strategies - 1)
        rest = [steps for steps in per_cycle[1:] for _ in range(strategies)]
        self._weights = (shared_first + rest) * config.repetitions
        self._now, self._begun = now, now()
        self._resumed_from = sum(self._weights[:finished])
        self._within = 0.0
        self.finished, self.records = finished, len(self._weights)

    def tick(self, phase: str, share: float) -> None:
        """A phase of the current cycle is `share` (0..1) done."""
        begin, width = _PHASE_SHARE[phase]
        self._within = begin + width * share

    def record_finished(self) -> None:
        """A record was committed."""
        self.finished += 1
        self._within = 0.0

    def held(self, seconds: float) -> None:
        """The work stood still for so long."""
        self._begun += seconds

    @property
    def elapsed(self) -> float:
        """Seconds of work on the run in this process."""
        return self._now() - self._begun

    @property
    def left(self) -> float | None:
        """Seconds that the rest will take at the pace so far; None before the first full cycle."""
        done = sum(self._weights[: self.finished])
        if done <= self._resumed_from:
            return None
        current = self._weights[self.finished] * self._within if self.finished < self.records else 0
        worked = done + current - self._resumed_from
        return self.elapsed / worked * max(sum(self._weights) - done - current, 0)
