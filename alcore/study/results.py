"""A cell's results in one small file: what every table, figure and image of the study is made from."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

import numpy as np

from alcore.config import RunConfig, parse_config
from alcore.errors import StoreError
from alcore.experiment.cycle_key import CycleKey
from alcore.metrics import class_means
from alcore.runs.evidence import make_evidence
from alcore.runs.files import write_whole
from alcore.runs.records import StoredRecord
from alcore.runs.run_store import RunStore
from alcore.statistics.estimands import Evidence
from alcore.statistics.resampling import patch_replicates


@dataclass(frozen=True)
class CellResults:
    """Finished repetitions of one cell: R of them, S strategies, C cycles of q labels, T test patches.

    repetitions: (R,) their numbers, ascending.
    counts: (R, S, C, T, 4) tp, fp, fn, tn; test_items, test_defective: (R, T).
    items, defective, scores: (R, S, C, q) of the queries, in the order of choice.
    """

    config: RunConfig
    repetitions: np.ndarray
    counts: np.ndarray
    test_items: np.ndarray
    test_defective: np.ndarray
    items: np.ndarray
    defective: np.ndarray
    scores: np.ndarray

    @cached_property
    def evidence(self) -> Evidence:
        """What statistics are computed from; equals `alcore.runs.evidence.gather` of the run."""
        tests = list(zip(self.counts, self.test_defective, strict=True))
        means = [[[class_means(one, test) for one in row] for row in block] for block, test in tests]
        resampled = None
        if len(tests) == 1:
            strategies, cycles, patches = self.counts.shape[1:4]
            flat = self.counts[0].reshape(strategies * cycles, patches, 4)
            resampled = patch_replicates(flat, self.test_defective[0]).reshape(-1, strategies, cycles, 2, 5)
        queried = self.defective[:, :, 1:].reshape(*self.defective.shape[:2], -1)
        share = queried.mean(axis=2) if queried.size else np.full(queried.shape[:2], np.nan)
        return make_evidence(
            self.config,
            means=np.array(means),
            resampled=resampled,
            query_share=share,
            found=self.defective.sum(axis=3).cumsum(axis=2),
            tests=(self.counts, self.test_items, self.test_defective),
        )

    def save(self, file: Path) -> None:
        """Write the file, whole."""
        arrays = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "config"}
        arrays["counts"] = _narrowest(self.counts)
        arrays["items"], arrays["test_items"] = _narrowest(self.items), _narrowest(self.test_items)
        arrays["config"] = np.frombuffer(self.config.to_json().encode(), dtype=np.uint8)
        write_whole(file, lambda opened: np.savez_compressed(opened, **arrays))

    @classmethod
    def load(cls, file: Path) -> CellResults:
        """Read what `save` wrote.

        Raises:
            StoreError: the file is missing or damaged.
        """
        try:
            with np.load(file, allow_pickle=False) as arrays:
                values = {field.name: arrays[field.name] for field in fields(cls)}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise StoreError(f"{file} cannot be read ({type(error).__name__}); resume the study") from None
        config = parse_config(values.pop("config").tobytes().decode(), origin=str(file))
        for name in ("counts", "items", "test_items"):
            values[name] = values[name].astype(np.int64)
        return cls(config=config, **values)


def stored_repetitions(file: Path) -> list[int]:
    """Numbers of the repetitions in a file of results; [] where there is none that can be read."""
    try:
        with np.load(file, allow_pickle=False) as arrays:
            return arrays["repetitions"].tolist()
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return []


def _narrowest(values: np.ndarray) -> np.ndarray:
    """Non-negative whole numbers in 16 bits where they fit: files half the size."""
    return values.astype(np.uint16 if values.max(initial=0) < 2**16 else np.int64)


def collect(store: RunStore, repetitions: Sequence[int], before: CellResults | None = None) -> CellResults:
    """Results of one or more finished repetitions, of which those in `before` are not read again."""
    known = [] if before is None else before.repetitions.tolist()
    new = [repetition for repetition in repetitions if repetition not in known]
    if before is not None and not new:
        return before
    blocks = [_read(store, repetition) for repetition in new]
    if before is not None:
        blocks += [{name: getattr(before, name)[row] for name in blocks[0]} for row in range(len(known))]
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

    return {
        "test_items": records[0][0].test_items,
        "test_defective": records[0][0].test_defective,
        "counts": every(lambda record: record.counts),
        "items": every(lambda record: record.items),
        "defective": every(lambda record: record.defective),
        "scores": every(lambda record: record.scores),
    }
