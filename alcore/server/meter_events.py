"""What scoring images tells its followers, and how it travels: one JSON object per line, as imports do.

progress   phase (training, validation, images), done, total (of the phase)
ended      status (finished or failed), message, strategy, cycle, validation, defective, scores, images,
skipped, notes
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from alcore.compute.events import ScoringPhase
from alcore.event_lines import EventLines
from alcore.statistics.priors import Scored

if TYPE_CHECKING:
    from alcore.compute.scoring import ScoredImages


@dataclass(frozen=True)
class MeterProgress:
    """So much of a phase is done."""

    event: ClassVar[str] = "progress"
    phase: ScoringPhase
    done: int
    total: int

    def __post_init__(self) -> None:
        """A phase that came in a line is text; ValueError where there is none of that name."""
        object.__setattr__(self, "phase", ScoringPhase(self.phase))


@dataclass(frozen=True)
class MeterEnded:
    """How it ended; message: why it failed, in one sentence.

    strategy, cycle: of the model. validation, defective: its scores of validation patches, and their classes.
    scores: of all patches of the images; images: files used; skipped: why others could not be;
    notes: how their levels compare with those of the training images, one sentence each.
    """

    event: ClassVar[str] = "ended"
    status: str
    message: str = ""
    strategy: str = ""
    cycle: int = 0
    validation: list[float] = field(default_factory=list)
    defective: list[bool] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    images: int = 0
    skipped: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, found: ScoredImages) -> MeterEnded:
        """The event for images that were scored."""
        return cls(
            "finished",
            strategy=found.key.strategy,
            cycle=found.key.cycle,
            validation=found.validation.scores.tolist(),
            defective=found.validation.defective.tolist(),
            scores=found.scores.tolist(),
            images=found.images,
            skipped=found.skipped,
            notes=found.notes,
        )

    def parts(self) -> tuple[Scored, np.ndarray]:
        """The arguments of `alcore.statistics.metering.read_meter`."""
        known = Scored(np.array(self.validation, dtype=np.float32), np.array(self.defective, dtype=bool))
        return known, np.array(self.scores, dtype=np.float32)


MeterEvent = MeterProgress | MeterEnded

LINES = EventLines[MeterEvent]("the meter", MeterProgress, MeterEnded)
to_line, from_line = LINES.to_line, LINES.from_line
