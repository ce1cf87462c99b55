"""The events that a run sends to its followers, and how they travel: one JSON object per line.

The worker process, the dashboard's runners and `alcore run --json` speak these and nothing else. Every object
has a key `event` that names its kind:

    ready      a worker has loaded its libraries: devices
    state      the loop pauses or continues: state
    progress   strategy, repetition, cycle, phase, done, total, finished, records, share, elapsed, left,
               pace
    record     a cycle was committed: strategy, repetition, cycle, finished, records
    note       something worth knowing that is not an error: message
    ended      the last one: status (finished, stopped, failed or interrupted), message

Pages read the fields of events and never ask for their class: the server outlives a reload of this module.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, TextIO

from alcore.event_lines import EventLines, LineWriter, beat_for_supervisor
from alcore.experiment.cycle_key import Phase


@dataclass(frozen=True)
class Ready:
    """A worker waits for its run; devices: names for `RunConfig.device`, the one `auto` takes first."""

    event: ClassVar[str] = "ready"
    devices: list[str]


@dataclass(frozen=True)
class StateChanged:
    """The loop pauses or continues; state: running or paused."""

    event: ClassVar[str] = "state"
    state: str


@dataclass(frozen=True)
class RunProgress:
    """Where a run is: `done` of `total` units of a phase of one cycle.

    finished, records: committed records and those of the whole run.
    share: of the whole work that is done, 0..1. elapsed, left: seconds; left is None until a cycle is known.
    pace: of the last cycles, as a share of the run's best, 0..1; None until that is known.
    strategy is `FULL_POOL` while ceilings are trained; share is then that of the ceilings.
    """

    event: ClassVar[str] = "progress"
    strategy: str
    repetition: int
    cycle: int
    phase: Phase
    done: int
    total: int
    finished: int
    records: int
    share: float
    elapsed: float
    left: float | None
    pace: float | None = None

    def __post_init__(self) -> None:
        """A phase that came in a line is text; ValueError where there is none of that name."""
        object.__setattr__(self, "phase", Phase(self.phase))


@dataclass(frozen=True)
class RecordCommitted:
    """One record was committed, and is now `finished` of `records`."""

    event: ClassVar[str] = "record"
    strategy: str
    repetition: int
    cycle: int
    finished: int
    records: int


@dataclass(frozen=True)
class Note:
    """Something worth knowing that is not an error, such as fewer workers than requested."""

    event: ClassVar[str] = "note"
    message: str


@dataclass(frozen=True)
class Ended:
    """How the run ended; status: finished, stopped, failed or interrupted; message: why, for people."""

    event: ClassVar[str] = "ended"
    status: str
    message: str = ""


class ScoringPhase(StrEnum):
    """What the scoring of images is doing: training the model again, scoring validation patches or images."""

    TRAINING = "training"
    VALIDATION = "validation"
    IMAGES = "images"


Event = Ready | StateChanged | RunProgress | RecordCommitted | Note | Ended
Emit = Callable[[Event], None]

LINES = EventLines[Event]("a worker", Ready, StateChanged, RunProgress, RecordCommitted, Note, Ended)
to_line, from_line = LINES.to_line, LINES.from_line


class EventWriter:
    """Writes events as lines, and signs of life between them where a supervisor asked for them."""

    def __init__(self, stream: TextIO) -> None:
        """Write to `stream`, which is flushed after each line."""
        self._write = LineWriter(stream)
        beat_for_supervisor(self._write)

    def __call__(self, event: Event) -> None:
        """Write an event as one line of JSON."""
        self._write(to_line(event))
