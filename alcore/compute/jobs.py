"""Messages between the process that walks a run and its workers. Everything here can be pickled.

A worker gets jobs and answers each with one result or an error; meanwhile it reports progress, and obeys.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from alcore.config import RunConfig
from alcore.experiment.cycle_key import CycleKey, Phase

if TYPE_CHECKING:
    from alcore.experiment.pool_map import Axes


@dataclass(frozen=True)
class CheckJob:
    """Open and check all that a run needs; the result is what `environment.json` says of data and device."""

    config: RunConfig


@dataclass(frozen=True)
class CycleJob:
    """Compute a cycle from what `CycleStart` says. weights: as a .safetensors file holds them."""

    config: RunConfig
    key: CycleKey
    queries: tuple[np.ndarray, ...]
    weights: bytes | None
    axes: Axes | None
    chosen: np.ndarray | None = None


@dataclass(frozen=True)
class CeilingJob:
    """Train one repetition's network on its full pool."""

    config: RunConfig
    repetition: int


@dataclass(frozen=True)
class EncodeJob:
    """Take part in computing a frozen encoder's features for the patches of a key's repetition."""

    config: RunConfig
    key: CycleKey


Job = CheckJob | CycleJob | CeilingJob | EncodeJob


@dataclass(frozen=True)
class Checked:
    """Everything is there.

    environment: of this run, as `environment.json` has it. most_workers: that fit into the memory of a GPU
    which they share, as measured by a trial step; None on a CPU, whose memory `Capacity` looks at. notes:
    worth knowing before the run, a sentence each. unkept: how many patches a frozen encoder has to see.
    """

    environment: Mapping[str, object]
    most_workers: int | None = None
    notes: Sequence[str] = ()
    unkept: int = 0


@dataclass(frozen=True)
class FinishedCycle:
    """A cycle's files. record: an .npz; weights: a .safetensors; items: (q,) int64 ids of the query."""

    items: np.ndarray
    record: bytes
    weights: bytes


@dataclass(frozen=True)
class FinishedCeiling:
    """The result of a `CeilingJob`; record: a ceiling's .npz."""

    record: bytes


@dataclass(frozen=True)
class Failed:
    """The result of a job that raised an error."""

    error: Exception


@dataclass(frozen=True)
class GaveUp:
    """The job was given up, as was asked for."""


@dataclass(frozen=True)
class Encoded:
    """A frozen encoder's output is kept, while there is room."""


Result = Checked | FinishedCycle | FinishedCeiling | Encoded | Failed | GaveUp


@dataclass(frozen=True)
class JobProgress:
    """Where a worker is: `done` of `total` units of a phase of a cycle."""

    key: CycleKey
    phase: Phase
    done: int
    total: int


@dataclass(frozen=True)
class Alive:
    """A worker's process runs, whatever its job is doing; sent by a thread while it has one."""


@dataclass(frozen=True)
class Devices:
    """A worker has loaded its libraries, and found these devices, the one that `auto` takes first."""

    names: list[str]


@dataclass(frozen=True)
class Hold:
    """Pause (or continue) at the next step."""

    still: bool


@dataclass(frozen=True)
class GiveUp:
    """The run is over: give up the current job, if any, at the next step, and wait for another run's."""


@dataclass(frozen=True)
class Leave:
    """Give up the current job, and end."""


def cycles_before(key: CycleKey) -> list[CycleKey]:
    """The same strategy's cycles before this one, in order."""
    return [replace(key, cycle=cycle) for cycle in range(1, key.cycle)]
