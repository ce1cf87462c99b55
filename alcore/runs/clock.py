"""How much of a run is done, how long that took, and about how long the rest will take."""

from __future__ import annotations

import time
from collections.abc import Callable

from alcore.config import RunConfig

_PHASE_SHARE = {"scoring": (0.0, 0.15), "training": (0.15, 0.7), "evaluating": (0.85, 0.15)}
"""Where a phase begins within a cycle, and how much of it it is; roughly, as seen with the demo preset."""


class Clock:
    """Measures the work of a run, pauses left out.

    The first cycle of a repetition is trained once for all strategies, so it weighs as one record, not as one
    per strategy; in epoch mode a cycle weighs as many steps as it takes.
    """

    def __init__(
        self, config: RunConfig, *, finished: int, now: Callable[[], float] = time.monotonic
    ) -> None:
        """Start at a run of which `finished` records are committed."""
        self._weights = _weights(config)
        self._now, self._begun = now, now()
        self._resumed_from = sum(self._weights[:finished])
        self._within = 0.0
        self._repetitions = config.repetitions
        self._ceilings_done: int | None = None
        self.finished, self.records = finished, len(self._weights)

    def tick(self, phase: str, share: float) -> None:
        """A phase of the current cycle, or of the current ceiling, is `share` (0..1) done."""
        begin, width = _PHASE_SHARE[phase]
        self._within = begin + width * share

    def record_finished(self) -> None:
        """A record was committed."""
        self.finished += 1
        self._within = 0.0

    def ceiling_begun(self, repetition: int) -> None:
        """All cycles are done; the ceiling of a repetition (from 1) is trained now."""
        self._ceilings_done, self._within = repetition - 1, 0.0

    def held(self, seconds: float) -> None:
        """The work stood still for so long."""
        self._begun += seconds

    @property
    def share(self) -> float:
        """Share of the work that is done, 0..1; once ceilings are trained, of these."""
        if self._ceilings_done is not None:
            return (self._ceilings_done + self._within) / self._repetitions
        return (self._done() + self._current()) / sum(self._weights)

    @property
    def elapsed(self) -> float:
        """Seconds of work on the run in this process."""
        return self._now() - self._begun

    @property
    def left(self) -> float | None:
        """Seconds that the rest will take at the pace so far.

        None before the first full cycle, and while ceilings are trained.
        """
        done = self._done()
        if done <= self._resumed_from or self._ceilings_done is not None:
            return None
        worked = done + self._current() - self._resumed_from
        return self.elapsed / worked * max(sum(self._weights) - done - self._current(), 0)

    def _done(self) -> int:
        return sum(self._weights[: self.finished])

    def _current(self) -> float:
        return self._weights[self.finished] * self._within if self.finished < self.records else 0.0


def share_done(config: RunConfig, finished: int) -> float:
    """`Clock.share` of a run that nobody works on, with so many records committed."""
    weights = _weights(config)
    return sum(weights[:finished]) / sum(weights)


def _weights(config: RunConfig) -> list[int]:
    """Optimiser steps behind each record of a run, in the loop's order."""
    strategies = len(config.strategies)
    per_cycle = [
        config.training.steps_for(cycle * config.query_count) for cycle in range(1, config.cycles + 1)
    ]
    shared_first = [per_cycle[0]] + [0] * (strategies - 1)
    rest = [steps for steps in per_cycle[1:] for _ in range(strategies)]
    return (shared_first + rest) * config.repetitions
