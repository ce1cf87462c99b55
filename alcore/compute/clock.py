"""How much of a run is done, how long that took, and about how long the rest will take."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable

from alcore.config import RunConfig
from alcore.experiment.cycle_key import FULL_POOL, CycleKey, Phase

_PHASE_SHARE = {Phase.SCORING: (0.0, 0.15), Phase.TRAINING: (0.15, 0.7), Phase.EVALUATING: (0.85, 0.15)}
"""Where a phase begins within a cycle, and how much of it it is; roughly, as seen with both demo presets."""

_CYCLES, _FEWEST = 2, 4
"""The pace is that of the last cycles of all strategies, since these differ, and of a few commits at least.

So it follows within that many cycles when other work takes the machine, or leaves it.
"""


class Clock:
    """Measures the work of a run without pauses. Several cycles may be in progress at a time.

    The first cycle of a repetition is trained once for all strategies, so it weighs as one record, not as one
    per strategy; in epoch mode a cycle weighs as many steps as it takes.
    """

    def __init__(
        self, config: RunConfig, finished: Iterable[CycleKey], *, now: Callable[[], float] = time.monotonic
    ) -> None:
        """Start at a run of which these records are committed."""
        self._config = config
        finished = list(finished)
        self._done = self._resumed_from = sum(_weight(config, key) for key in finished)
        self._whole = _whole(config)
        self._within: dict[CycleKey, float] = {}
        self._now, self._begun = now, now()
        self._ceilings_done: int | None = None
        self._window: deque[tuple[float, float]] = deque(
            [(0.0, self._done)], maxlen=1 + max(_CYCLES * len(config.strategies), _FEWEST)
        )
        self._best = 0.0
        self.finished, self.records = len(finished), config.records

    def tick(self, key: CycleKey, phase: Phase, share: float) -> None:
        """A phase of a cycle, or of a ceiling, is `share` (0..1) done."""
        begin, width = _PHASE_SHARE[phase]
        self._within[key] = begin + width * share

    def finish(self, key: CycleKey) -> None:
        """Note that a record was committed."""
        self.finished += 1
        weight = _weight(self._config, key)
        self._done += weight
        self._within.pop(key, None)
        if weight:
            if len(self._window) == self._window.maxlen:
                self._best = max(self._best, self._recent)
            self._window.append((self.elapsed, self._done + self._in_hand()))

    def ceilings_begun(self, finished: int) -> None:
        """All cycles are done; ceilings are trained now, of which so many are there."""
        self._ceilings_done = finished
        self._within.clear()

    def ceiling_finished(self, repetition: int) -> None:
        """Note that a repetition's ceiling was committed."""
        self._ceilings_done = (self._ceilings_done or 0) + 1
        self._within.pop(CycleKey(repetition, self._config.cycles, FULL_POOL), None)

    def held(self, seconds: float) -> None:
        """The work was paused for so many seconds."""
        self._begun += seconds

    @property
    def share(self) -> float:
        """Share of the work that is done, 0..1; once ceilings are trained, of these."""
        if self._ceilings_done is not None:
            return (self._ceilings_done + sum(self._within.values())) / self._config.repetitions
        return (self._done + self._in_hand()) / self._whole

    @property
    def elapsed(self) -> float:
        """Seconds of work on the run in this process."""
        return self._now() - self._begun

    @property
    def left(self) -> float | None:
        """Seconds that the rest will take at the pace of the last cycles.

        None before the first full cycle, and while ceilings are trained.
        """
        if self._done <= self._resumed_from or self._ceilings_done is not None or not self._recent:
            return None
        return max(self._whole - self._done - self._in_hand(), 0) / self._recent

    @property
    def pace(self) -> float | None:
        """The pace of the last cycles as a share of the best that this run had, 0..1: why it takes longer.

        None until that is known, and while ceilings are trained.
        """
        if not self._best or self._ceilings_done is not None:
            return None
        return min(self._recent / self._best, 1.0)

    @property
    def _recent(self) -> float:
        """Optimiser steps per second since the oldest commit that is remembered; 0 where none is known."""
        then, done_then = self._window[0]
        seconds = self.elapsed - then
        return (self._done + self._in_hand() - done_then) / seconds if seconds > 0 else 0.0

    def _in_hand(self) -> float:
        return sum(_weight(self._config, key) * within for key, within in self._within.items())


def share_done(config: RunConfig, finished: Iterable[CycleKey]) -> float:
    """`Clock.share` of a run that nobody works on, with these records committed."""
    return sum(_weight(config, key) for key in finished) / _whole(config)


def _weight(config: RunConfig, key: CycleKey) -> int:
    """Optimiser steps behind a record."""
    if key.cycle == 1 and key.strategy != config.strategies[0]:
        return 0  # the first strategy's record has them
    return config.training.steps_for(config.labelled_after(key.cycle))


def _whole(config: RunConfig) -> int:
    """Optimiser steps behind all records of a run."""
    per_cycle = [
        config.training.steps_for(config.labelled_after(cycle)) for cycle in range(1, config.cycles + 1)
    ]
    return config.repetitions * (per_cycle[0] + sum(per_cycle[1:]) * len(config.strategies))
