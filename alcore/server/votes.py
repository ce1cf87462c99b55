"""Votes of the audience on a run's next query: in memory, for the current round."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Sequence

from alcore.experiment.cycle_key import CycleKey


class Votes:
    """Who votes for what, by run. A new round of a run begins without votes."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._rounds: dict[str, _Round] = {}

    def _round(self, run_id: str, key: CycleKey) -> _Round:
        found = self._rounds.get(run_id)
        if found is None or found.key != key:
            found = self._rounds[run_id] = _Round(key)
        return found

    def cast(self, run_id: str, key: CycleKey, seat: str, items: Sequence[int]) -> None:
        """A seat votes for these items, and for none that it voted for before."""
        with self._guard:
            self._round(run_id, key).by_seat[seat] = tuple(dict.fromkeys(int(item) for item in items))

    def counts(self, run_id: str, key: CycleKey) -> Counter[int]:
        """Votes by item."""
        with self._guard:
            return Counter(item for items in self._round(run_id, key).by_seat.values() for item in items)

    def seats(self, run_id: str, key: CycleKey) -> int:
        """The number of seats that vote for anything."""
        with self._guard:
            return sum(bool(items) for items in self._round(run_id, key).by_seat.values())

    def winners(self, run_id: str, key: CycleKey, shown: Sequence[int], most: int) -> list[int]:
        """Up to `most` of the items shown that have votes: the most voted first, equal ones as shown."""
        counts = self.counts(run_id, key)
        voted = [item for item in shown if counts[item]]
        return sorted(voted, key=lambda item: -counts[item])[:most]

    def seconds_left(self, run_id: str, key: CycleKey, limit: float | None) -> float | None:
        """Until the round's time is up, counted from the first call with a limit; None without one."""
        if limit is None:
            return None
        with self._guard:
            found = self._round(run_id, key)
            found.begun = found.begun or time.monotonic()
            return max(0.0, found.begun + limit - time.monotonic())


class _Round:
    def __init__(self, key: CycleKey) -> None:
        self.key = key
        self.by_seat: dict[str, tuple[int, ...]] = {}
        self.begun: float | None = None
