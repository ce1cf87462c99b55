"""What a study tells its followers, and how it travels: one JSON object per line.

`alcore study --json` and `--plan --json` speak these, and so does the page that launches studies. Every
object has a key `event`:

    progress   tasks, finished, failed, left (seconds, null until known)
    plan       what a study would take, see `PlanReport`
    ended      status (finished, stopped or failed), message
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

from alcore.errors import StoreError
from alcore.wording import clock, plural, size_in_words


@dataclass(frozen=True)
class StudyProgress:
    """How a study stands: its tasks by state, and the seconds that the rest will take, None until known."""

    event: ClassVar[str] = "progress"
    tasks: int
    finished: int
    failed: int
    left: float | None


@dataclass(frozen=True)
class StudyEnded:
    """How a study ended; status: finished, stopped (it can go on) or failed; message: why, for people."""

    event: ClassVar[str] = "ended"
    status: str
    message: str = ""


@dataclass(frozen=True)
class AxisCost:
    """What one more value of an axis adds; added_seconds by the clock, with the workers at hand."""

    axis: str
    values: int
    added_runs: int
    added_seconds: float


@dataclass(frozen=True)
class PlanReport:
    """What a study would take, measured on two cycles.

    runs: cells x repetitions; workers: runs side by side; engine: where, in words. seconds_per_run: in one
    worker; seconds: of all, by the clock; bytes: on disk; axes: costs of one more value of each.
    """

    event: ClassVar[str] = "plan"
    cells: int
    repetitions: int
    runs: int
    strategies: int
    cycles: int
    workers: int
    engine: str
    seconds_per_run: float
    seconds: float
    bytes: float
    axes: list[AxisCost] = field(default_factory=list)

    def sentences(self) -> list[str]:
        """The same for people, one sentence per line."""
        told = [
            f"{plural(self.cells, 'cell')} × {plural(self.repetitions, 'repetition')} = "
            f"{plural(self.runs, 'run')} of {plural(self.strategies, 'strategy')} and "
            f"{plural(self.cycles, 'cycle')}",
            f"one run takes about {clock(self.seconds_per_run)}; all of them about {clock(self.seconds)} "
            f"with {plural(self.workers, 'worker')} ({self.engine}), and {size_in_words(self.bytes)} on disk",
        ]
        for cost in self.axes:
            added = f"{plural(cost.added_runs, 'run')}, about {clock(cost.added_seconds)}"
            told.append(f"one more value of {cost.axis} adds {added if cost.added_runs else 'no run'}")
        return told


StudyEvent = StudyProgress | StudyEnded | PlanReport

_KINDS: dict[str, type[StudyEvent]] = {kind.event: kind for kind in (StudyProgress, StudyEnded, PlanReport)}


def to_line(event: StudyEvent) -> str:
    """One line of JSON, without the line's end."""
    return json.dumps({"event": event.event} | asdict(event), ensure_ascii=False)


def from_line(line: str) -> StudyEvent:
    """The event that `to_line` wrote.

    Raises:
        StoreError: a line that holds none.
    """
    try:
        values: dict[str, Any] = json.loads(line)
        kind = _KINDS[values.pop("event")]
        if kind is PlanReport:
            values["axes"] = [AxisCost(**cost) for cost in values["axes"]]
        return kind(**values)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise StoreError(f"a study sent a line that is no event: {line[:200]!r}") from None
