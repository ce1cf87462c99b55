"""How far an import is, and about how long the rest will take."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from alcore.data.importing.import_events import ImportPhase, ImportProgress

T = TypeVar("T")

_PARTS = {ImportPhase.LOOKING: (0.0, 0.3), ImportPhase.READING: (0.3, 0.7)}
"""Where a phase begins within an import, and how much of it it is; roughly, as seen with small files."""
_SECONDS_TO_KNOW = 1.0


class Pace:
    """Measures an import and tells `follow` of every image."""

    def __init__(
        self, follow: Callable[[ImportProgress], None], *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._follow, self._now, self._begun = follow, now, now()

    def over(self, phase: ImportPhase, results: Iterable[T], total: int) -> Iterator[T]:
        """The results of a phase, which are images; `follow` hears before each and at the end."""
        begin, width = _PARTS[phase]
        started = self._now()
        for done, result in enumerate(results):
            self._tell(phase, done, total, begin + width * done / total, started)
            yield result
        self._tell(phase, total, total, begin + width, started)

    def _tell(self, phase: ImportPhase, done: int, total: int, share: float, started: float) -> None:
        begin = _PARTS[phase][0]
        spent = self._now() - started
        left = None
        if done and spent > _SECONDS_TO_KNOW:
            left = spent / (share - begin) * (1 - share)  # at the pace of this phase, which may differ
        self._follow(ImportProgress(done, total, phase, share, left))
