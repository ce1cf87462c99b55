"""The name of one cycle of one strategy."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    """What a run is doing with a strategy, in words that its name follows.

    ENCODING: before a repetition's first cycle, a frozen encoder sees its patches. WAITING: people choose the
    query, and have not done so yet.
    """

    SCORING = "scoring"
    TRAINING = "training"
    EVALUATING = "evaluating"
    ENCODING = "encoding patches for"
    WAITING = "waiting for"


FULL_POOL = "full pool"
"""Stands where a strategy's name would for the model that is trained on every label."""


@dataclass(frozen=True)
class CycleKey:
    """Which cycle of which strategy; repetitions and cycles count from 1."""

    repetition: int
    cycle: int
    strategy: str

    @property
    def stem(self) -> str:
        """The name of this cycle's files, without suffix."""
        return f"r{self.repetition:05d}-c{self.cycle:05d}-{self.strategy}"
