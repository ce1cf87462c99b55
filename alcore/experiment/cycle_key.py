"""The name of one cycle of one strategy."""

from __future__ import annotations

from dataclasses import dataclass

ENCODING = "encoding patches for"
"""The phase before a repetition's first cycle in which a frozen encoder sees its patches."""

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
