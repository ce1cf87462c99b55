"""The name of one cycle of one strategy, and the order in which a run makes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from alcore.config import RunConfig

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


def keys_in_order(config: RunConfig) -> Iterator[CycleKey]:
    """The keys of all records of a run, in the order in which they come."""
    for repetition in range(1, config.repetitions + 1):
        for cycle in range(1, config.cycles + 1):
            for strategy in config.strategies:
                yield CycleKey(repetition, cycle, strategy)
