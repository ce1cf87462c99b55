"""The events that a study sends to its followers, and how they travel: one JSON object per line.

`alcore study --json` and `--plan --json` speak these, and so does the page that launches studies. Every
object has a key `event`:

    progress   tasks, finished, failed, left (seconds, null until known)
    plan       what a study would take, see `PlanReport`
    ended      status (finished, stopped or failed), message
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from alcore.event_lines import EventLines
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
    """What one more value of an axis adds; added_seconds by the clock, with the available workers."""

    axis: str
    values: int
    added_runs: int
    added_seconds: float


@dataclass(frozen=True)
class PlanReport:
    """What a study would take, measured on two cycles.

    runs: cells x repetitions; workers: runs side by side; engine: where, in words. seconds_per_run: in one
    worker; seconds: of all, by the clock; bytes: on disk; axes: costs of one more value of each. kept: what
    lies in the study's directory and spares some of that, one sentence each.
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
    kept: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """A line has costs as plain values."""
        costs = [cost if isinstance(cost, AxisCost) else AxisCost(**cost) for cost in self.axes]
        object.__setattr__(self, "axes", costs)

    def sentences(self) -> list[str]:
        """The same for people, one sentence per line."""
        sentences = [
            f"{plural(self.cells, 'cell')} × {plural(self.repetitions, 'repetition')} = "
            f"{plural(self.runs, 'run')} of {plural(self.strategies, 'strategy')} and "
            f"{plural(self.cycles, 'cycle')}",
            f"one run takes about {clock(self.seconds_per_run)}; all of them about {clock(self.seconds)} "
            f"with {plural(self.workers, 'worker')} ({self.engine}), and {size_in_words(self.bytes)} on disk",
        ]
        for cost in self.axes:
            added = f"{plural(cost.added_runs, 'run')}, about {clock(cost.added_seconds)}"
            sentences.append(f"one more value of {cost.axis} adds {added if cost.added_runs else 'no run'}")
        return [*sentences, *self.kept]


StudyEvent = StudyProgress | StudyEnded | PlanReport

LINES = EventLines[StudyEvent]("a study", StudyProgress, StudyEnded, PlanReport)
to_line, from_line = LINES.to_line, LINES.from_line
