"""How many workers may compute in parallel on this machine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import psutil

from alcore.config import RunConfig
from alcore.machine import usable_cores

_BYTES_PER_WORKER = 3 * 2**29
"""1.5 GiB: torch with the default network resides in half of it (CPU); more for larger networks."""

_BYTES_OF_CUDA = 2**29
"""Half a GiB: what CUDA itself takes of a GPU in each process, before anything is computed."""


@dataclass(frozen=True)
class Capacity:
    """What this machine has to work with: cores, bytes of free memory, and the GPUs' names for CUDA."""

    cores: int
    memory: int
    gpus: tuple[str, ...]

    @classmethod
    def here(cls) -> Capacity:
        """The part of this machine that this process may use."""
        return cls(usable_cores(), psutil.virtual_memory().available, visible_gpus())

    def slots(self, *, gpu_share: float) -> list[str | None]:
        """One entry per worker that there is room for: the GPU it may see, '' for none, None for all.

        Args:
            gpu_share: the part of a GPU that a worker takes, 0 for none.
        """
        if self.gpus and gpu_share > 0:
            side_by_side = max(1, int(1 / gpu_share))
            slots: list[str | None] = [gpu for _ in range(side_by_side) for gpu in self.gpus]
            return slots[: self._workers]
        return [""] * self._workers

    @property
    def _workers(self) -> int:
        """The largest number of workers, each of which computes on one thread."""
        return max(1, min(self.cores, self.memory // _BYTES_PER_WORKER))

    def workers_for(self, config: RunConfig) -> int:
        """How many workers a single run may use: as many as it allows, has work for, and find room here."""
        side_by_side = len(config.strategies) * config.repetitions
        return min(config.threads or self.cores, side_by_side, self._workers)


def workers_on_device(*, free_before: int, free_after: int) -> int:
    """How many workers fit into a GPU's memory, given its free bytes before and after one has done a step.

    A tenth of what is left stays free, because allocations come in blocks of different sizes.
    """
    taken = max(free_before - free_after, 1) + _BYTES_OF_CUDA
    return 1 + int(0.9 * max(free_after, 0) / taken)


def visible_gpus() -> tuple[str, ...]:
    """Names of the GPUs that CUDA shows this process, found without loading torch."""
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        return tuple(name for name in chosen.split(",") if name.strip() not in ("", "-1"))
    return tuple(str(index) for index in range(len(list(Path("/dev").glob("nvidia[0-9]*")))))
