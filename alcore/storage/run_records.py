"""All records of a run, each opened once."""

from __future__ import annotations

import threading

from alcore.config import RunConfig
from alcore.experiment.cycle_key import CycleKey
from alcore.experiment.cycle_record import Ceiling
from alcore.storage.records import StoredRecord, read_ceiling
from alcore.storage.run_store import RunStore


class RunRecords:
    """All records of a run. Each is opened once, for all browser tabs."""

    def __init__(self, store: RunStore) -> None:
        """`store` is asked for what is committed each time."""
        self.store = store
        self._records: dict[CycleKey, StoredRecord] = {}
        self._first_of: dict[int, StoredRecord] = {}
        self._ceilings: dict[int, Ceiling] = {}
        self._opening = threading.Lock()

    @property
    def config(self) -> RunConfig:
        """The config of the run."""
        return self.store.config

    def committed(self) -> list[CycleKey]:
        """Keys of the records committed by now, in the loop's order."""
        return self.store.committed()

    def committed_of(self, strategy: str, repetition: int) -> list[CycleKey]:
        """Keys of one strategy in one repetition, by cycle."""
        return [key for key in self.committed() if (key.strategy, key.repetition) == (strategy, repetition)]

    def __getitem__(self, key: CycleKey) -> StoredRecord:
        """A committed record."""
        with self._opening:
            if key not in self._records:
                sibling = self._first_of.get(key.repetition)
                record = StoredRecord(key, self.store.record_path(key), sibling=sibling)
                self._records[key] = record
                self._first_of.setdefault(key.repetition, record)
            return self._records[key]

    def ceilings(self) -> dict[int, Ceiling]:
        """The committed ceilings by repetition, ascending; StoreError where one is damaged."""
        numbers = self.store.ceilings()
        for number in numbers:
            if number not in self._ceilings:
                self._ceilings[number] = read_ceiling(self.store.ceiling_path(number))
        return {number: self._ceilings[number] for number in numbers}
