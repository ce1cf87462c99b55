"""Queues of runs: one per device, each with a thread that runs one after another."""

from __future__ import annotations

import itertools
import platform
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path


class _Lane:
    """One queue. Runs that yield are taken only if no other waits."""

    def __init__(self) -> None:
        self.waiting: deque[str] = deque()
        self.yielding: deque[str] = deque()
        self.in_hand: str | None = None
        self.yields = self.is_closed = False

    def take(self) -> str | None:
        """Take the next run; None if there is none."""
        self.yields = not self.waiting
        queue = self.yielding if self.yields else self.waiting
        self.in_hand = queue.popleft() if queue else None
        return self.in_hand


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
        self._news = threading.Condition()
        self._lanes: dict[str, _Lane] = {}
        self._places: dict[str, tuple[str, int]] = {}
        self._turns = itertools.count()

    def put(self, run_id: str, device: str, *, yields: bool = False) -> str | None:
        """Let a run wait for a device, after those that wait already.

        Args:
            yields: let runs that do not yield come first.
        Returns:
            An active run that yields and should make room for this one, which does not.
        """
        name = self.of(device)
        with self._news:
            if name not in self._lanes:
                lane = self._lanes[name] = _Lane()
                threading.Thread(
                    target=self._work_off, args=(lane,), name=f"alcore-{name}", daemon=True
                ).start()
            lane = self._lanes[name]
            self._places[run_id] = name, next(self._turns)
            (lane.yielding if yields else lane.waiting).append(run_id)
            self._news.notify_all()
            return lane.in_hand if lane.yields and not yields else None

    def of(self, device: str) -> str:
        """Which queue a device's runs wait in: one per device.

        The queue of the device that `auto` takes is called auto, by whatever name a run asks for it.
        """
        device = "cuda:0" if device == "cuda" else device
        first = (self._found() or [_likely_device()])[0]
        return "auto" if device == first else device

    def turns(self, lane: str) -> dict[str, int]:
        """The turns of all runs that were ever queued; lower ones come first."""
        with self._news:
            return {run_id: turn for run_id, (name, turn) in self._places.items() if name == lane}

    def lane_with(self, run_id: str) -> str | None:
        """The lane that a run was put into last, if any."""
        with self._news:
            place = self._places.get(run_id)
        return place[0] if place else None

    def forget(self, run_id: str) -> None:
        """Remove a waiting run; an active one stays."""
        with self._news:
            name, _ = self._places.pop(run_id, ("", 0))
            for queue in (self._lanes[name].waiting, self._lanes[name].yielding) if name else ():
                if run_id in queue:
                    queue.remove(run_id)

    def close(self) -> None:
        """Let each thread end after its current run. Idempotent."""
        with self._news:
            for lane in self._lanes.values():
                lane.is_closed = True
            self._news.notify_all()

    def _work_off(self, lane: _Lane) -> None:
        while True:
            with self._news:
                lane.in_hand = None
                self._news.wait_for(lambda: lane.is_closed or lane.waiting or lane.yielding)
                run_id = lane.take()
                if lane.is_closed or run_id is None:
                    return
            self._work(run_id)


def _likely_device() -> str:
    """The device that `auto` means, before a worker has reported it: this process does not import torch."""
    if Path("/dev/nvidia0").exists():
        return "cuda:0"
    return "mps" if (platform.system(), platform.machine()) == ("Darwin", "arm64") else "cpu"
