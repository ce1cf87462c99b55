"""Deleted runs: kept for a day, so that a deletion can be undone."""

from __future__ import annotations

import contextlib
import time

from alcore.errors import StoreError
from alcore.server.index import RunIndex
from alcore.storage.run_store import delete_run, move_run

_SECONDS_KEPT = 24 * 3600


class Trash:
    """The trash of one home, in step with its list of runs."""

    def __init__(self, index: RunIndex) -> None:
        """Use the trash beside the list of runs; nothing is moved yet."""
        self._index, self._directory = index, index.home / "trash"

    def put(self, run_id: str) -> None:
        """Put a run with its directory into the trash; StoreError while a process uses it."""
        move_run(self._index.directory / run_id, self._directory / run_id)
        self._index.put_in_trash(run_id)

    def take_back(self, run_id: str) -> None:
        """Take a run out of the trash; StoreError if it is no longer there."""
        if run_id not in self._index.trash():
            raise StoreError(f"the run {run_id!r} is no longer in the trash")
        move_run(self._directory / run_id, self._index.directory / run_id)
        self._index.take_from_trash(run_id)

    def empty(self) -> None:
        """Delete runs that have been here for more than a day."""
        for run_id, when in self._index.trash().items():
            if time.time() - when > _SECONDS_KEPT:
                with contextlib.suppress(StoreError):  # the next server tries again
                    if (self._directory / run_id).exists():
                        delete_run(self._directory / run_id)
                    self._index.remove(run_id)
