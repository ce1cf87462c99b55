"""Queues of runs: one per device, each with a thread that works it off, one run after the other."""

from __future__ import annotations

import itertools
import platform
import queue
import threading
from collections.abc import Callable
from pathlib import Path


class Lanes:
    """The queues of one server. All methods may be called from any thread and return at once."""

    def __init__(
        self, work: Callable[[str], None], *, found: Callable[[], list[str] | None] = lambda: None
    ) -> None:
        """Queues that nothing waits in.

        Args:
            work: called with a run's id in the thread of its device; it raises nothing.
            found: says which devices there are, the one of `auto` first; None while that is not known.
        """
        self._work, self._found = work, found
        self._guard = threading.Lock()
        self._queues: dict[str, queue.SimpleQueue[str | None]] = {}
        self._places: dict[str, tuple[str, int]] = {}
        self._turns = itertools.count()

    def put(self, run_id: str, device: str) -> None:
        """Let a run wait for a device, behind all who do already."""
        name = self.of(device)
        with self._guard:
            if name not in self._queues:
                lane = self._queues[name] = queue.SimpleQueue()
                threading.Thread(
                    target=self._work_off, args=(lane,), name=f"alcore-{name}", daemon=True
                ).start()
            self._places[run_id] = name, next(self._turns)
            self._queues[name].put(run_id)

    def of(self, device: str) -> str:
        """Which queue a device's runs wait in: one per device.

        The queue of the device that `auto` takes is called auto, by whatever name a run asks for it.
        """
        device = "cuda:0" if device == "cuda" else device
        first = (self._found() or [_likely_device()])[0]
        return "auto" if device == first else device

    def turns(self, lane: str) -> dict[str, int]:
        """The turns of all runs that were ever put into a lane, the lower the earlier."""
        with self._guard:
            return {run_id: turn for run_id, (name, turn) in self._places.items() if name == lane}

    def lane_with(self, run_id: str) -> str | None:
        """The lane that a run was put into last, if any."""
        with self._guard:
            place = self._places.get(run_id)
        return place[0] if place else None

    def close(self) -> None:
        """Let each thread end after the run in hand. Idempotent."""
        with self._guard:
            lanes = list(self._queues.values())
        for lane in lanes:
            lane.put(None)

    def _work_off(self, lane: queue.SimpleQueue[str | None]) -> None:
        while (run_id := lane.get()) is not None:
            self._work(run_id)


def _likely_device() -> str:
    """What `auto` takes, before a worker has told: this process does not import torch to find out."""
    if Path("/dev/nvidia0").exists():
        return "cuda:0"
    return "mps" if (platform.system(), platform.machine()) == ("Darwin", "arm64") else "cpu"
