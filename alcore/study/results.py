"""A cell's results in one small file: what every table, figure and image of the study is made from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

import numpy as np

from alcore.config import RunConfig, parse_config
from alcore.errors import DamagedFileError
from alcore.experiment.cycle_key import CycleKey
from alcore.home_files import damage_reported, read_npz
from alcore.metrics import class_means
from alcore.statistics.estimands import Evidence
from alcore.statistics.resampling import patch_replicates
from alcore.storage.evidence import make_evidence
from alcore.storage.files import write_whole
from alcore.storage.records import StoredRecord
from alcore.storage.run_store import RunStore

_ADVICE = "resume the study"


@dataclass(frozen=True)
class CellResults:
    """Finished repetitions of one cell: R of them, S strategies, C cycles of q labels, T test patches.

    repetitions: (R,) their numbers, ascending.
    counts: (R, S, C, T, 4) tp, fp, fn, tn; test_items, test_defective: (R, T).
    items, defective, scores: (R, S, C, q) of the queries, in the order of choice; where the first has another
        size than the rest, (R, S, all labels), one query after the other. `query` takes one of them.
    pools: (R, N) ids; None in results from before they were kept, and with a single cycle.
    """

    config: RunConfig
    repetitions: np.ndarray
    counts: np.ndarray
    test_items: np.ndarray
    test_defective: np.ndarray
    items: np.ndarray
    defective: np.ndarray
    scores: np.ndarray
    pools: np.ndarray | None = None

    @cached_property
    def evidence(self) -> Evidence:
        """What statistics are computed from; equals `alcore.storage.evidence.gather` of the run."""
        tests = list(zip(self.counts, self.test_defective, strict=True))
        means = [[[class_means(one, test) for one in row] for row in block] for block, test in tests]
        resampled = None
        if len(tests) == 1:
            strategies, cycles, patches = self.counts.shape[1:4]
            flat = self.counts[0].reshape(strategies * cycles, patches, 4)
            resampled = patch_replicates(flat, self.test_defective[0]).reshape(-1, strategies, cycles, 2, 5)
        found = self.defective.reshape(*self.defective.shape[:2], -1)  # (R, S, all labels)
        queried = found[:, :, self.config.first_count :]
        share = queried.mean(axis=2) if queried.size else np.full(queried.shape[:2], np.nan)
        ends = [self.config.labelled_after(cycle) for cycle in range(1, self.config.cycles + 1)]
        return make_evidence(
            self.config,
            means=np.array(means),
            resampled=resampled,
            query_share=share,
            found=found.cumsum(axis=2)[:, :, np.array(ends) - 1],
            tests=(self.counts, self.test_items, self.test_defective),
            pools=None if self.pools is None else list(self.pools),
            bought=[
                (items.ravel(), known.ravel())
                for items, known in zip(self.items, self.defective, strict=True)
            ],
        )

    def query(self, repetition: int, strategy: int, cycle: int) -> tuple[np.ndarray, np.ndarray]:
        """(q,) items and (q,) bool of one query, by rows of `repetitions` and strategies; cycles from 1."""
        end = self.config.labelled_after(cycle)
        part = slice(end - self.config.count_in(cycle), end)
        items, defective = (
            array[repetition, strategy].reshape(-1)[part] for array in (self.items, self.defective)
        )
        return items, defective

    def save(self, file: Path) -> None:
        """Write the file, whole."""
        arrays = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "config"}
        if self.pools is None:
            del arrays["pools"]
        else:
            arrays["pools"] = _narrowest(self.pools)
        arrays["counts"] = _narrowest(self.counts)
        arrays["items"], arrays["test_items"] = _narrowest(self.items), _narrowest(self.test_items)
        arrays["config"] = np.frombuffer(self.config.to_json().encode(), dtype=np.uint8)
        write_whole(file, lambda opened: np.savez_compressed(opened, **arrays))

    @classmethod
    def load(cls, file: Path) -> CellResults:
        """Read what `save` wrote.

        Raises:
            DamagedFileError: the file is missing or damaged.
            ConfigError: the settings in it cannot be used.
        """
        names = [field.name for field in fields(cls) if field.name != "pools"]
        values = read_npz(file, names, advice=_ADVICE)
        values |= read_npz(file, lambda name: name == "pools", advice=_ADVICE)
        with damage_reported(file, _ADVICE):
            text = values.pop("config").tobytes().decode()
            for name in {"counts", "items", "test_items", "pools"} & values.keys():
                values[name] = values[name].astype(np.int64)
        results = cls(config=parse_config(text, origin=str(file)), **values)
        if not results._fits():
            raise DamagedFileError(file, "holds arrays that do not fit its settings", _ADVICE)
        return results

    def _fits(self) -> bool:
        """Whether all arrays have the shapes that config and repetitions ask for."""
        config, tests = self.config, self.test_items.shape[1:]
        if self.repetitions.ndim != 1 or len(tests) != 1 or self.repetitions.dtype.kind not in "iu":
            return False
        own = self.repetitions.shape
        each = (*own, len(config.strategies), config.cycles)
        query = (*each, config.query_count)
        if config.first_count != config.query_count:
            query = (*each[:2], config.budget)
        found = [self.counts, self.test_items, self.test_defective, self.items, self.defective, self.scores]
        wanted = [(*each, *tests, 4), (*own, *tests), (*own, *tests), query, query, query]
        fit_pools = self.pools is None or (self.pools.ndim == 2 and self.pools.shape[:1] == own)
        return fit_pools and [array.shape for array in found] == wanted


def stored_repetitions(file: Path) -> list[int]:
    """Numbers of the repetitions in a file of results; [] where there is none that can be read."""
    try:
        return read_npz(file, ["repetitions"])["repetitions"].tolist()
    except DamagedFileError:
        return []


def _narrowest(values: np.ndarray) -> np.ndarray:
    """Non-negative whole numbers in 16 bits where they fit: files half the size."""
    return values.astype(np.uint16 if values.max(initial=0) < 2**16 else np.int64)


def collect(store: RunStore, repetitions: Sequence[int], before: CellResults | None = None) -> CellResults:
    """Results of one or more finished repetitions; those in `before` are not read again."""
    known = [] if before is None else before.repetitions.tolist()
    new = [repetition for repetition in repetitions if repetition not in known]
    if before is not None and not new:
        return before
    blocks = [_read(store, repetition) for repetition in new]
    if before is not None:
        names = [name for name in blocks[0] if getattr(before, name) is not None]
        blocks = [{name: block[name] for name in names} for block in blocks]
        blocks += [{name: getattr(before, name)[row] for name in names} for row in range(len(known))]
    numbers = np.array(new + known)
    order = np.argsort(numbers)
    arrays = {name: np.stack([blocks[row][name] for row in order]) for name in blocks[0]}
    return CellResults(config=store.config, repetitions=numbers[order], **arrays)


def _read(store: RunStore, repetition: int) -> dict[str, np.ndarray]:
    config = store.config
    records = [
        [store.record(CycleKey(repetition, cycle, name)) for cycle in range(1, config.cycles + 1)]
        for name in config.strategies
    ]

    def every(part: Callable[[StoredRecord], np.ndarray]) -> np.ndarray:
        return np.array([[part(record) for record in row] for row in records])

    def queries(part: Callable[[StoredRecord], np.ndarray]) -> np.ndarray:
        if config.first_count == config.query_count:
            return every(part)
        return np.array([np.concatenate([part(record) for record in row]) for row in records])

    pool = {}
    if config.cycles > 1:  # the candidates of cycle 2 are what the first query left of the pool
        pool = {"pools": np.union1d(records[0][0].items, records[0][1].candidates)}
    return pool | {
        "test_items": records[0][0].test_items,
        "test_defective": records[0][0].test_defective,
        "counts": every(lambda record: record.counts),
        "items": queries(lambda record: record.items),
        "defective": queries(lambda record: record.defective),
        "scores": queries(lambda record: record.scores),
    }
