"""Records -> tidy frames, for the pages and for the files that others read."""

from __future__ import annotations

import threading

import numpy as np
import pandas as pd

from alcore.keys import CycleKey
from alcore.metrics import METRICS, counts_at_prevalence, metrics_from_counts
from alcore.runs.files import write_whole
from alcore.runs.store import RunStore

_COUNTS = ("tp", "fp", "fn", "tn")
_SMALL = (
    "labelled",
    "items",
    "defective",
    "scores",
    "test_items",
    "test_defective",
    "counts",
    "max_probability",
)


class RunTables:
    """A run's records as frames; each record is read from disk once, as it appears."""

    def __init__(self, store: RunStore) -> None:
        self.store = store
        self._records: dict[CycleKey, dict[str, np.ndarray]] = {}
        self._reading = threading.Lock()  # several browser tabs share one reader

    def refresh(self) -> list[CycleKey]:
        """Read what is new; returns the keys of all records, in the loop's order."""
        with self._reading:
            keys = self.store.keys()
            for key in keys:
                if key not in self._records:
                    self._records[key] = self.store.load(key, *_SMALL)
            return keys

    def counts_of(self, key: CycleKey) -> tuple[np.ndarray, np.ndarray]:
        """(T, 4) counts and (T,) defective of one record."""
        record = self._records[key]
        return record["counts"], record["test_defective"]

    def metrics(self, prevalences: tuple[float, ...] | None = None) -> pd.DataFrame:
        """One row a record and prevalence (default π₀ and π₁): strategy, repetition, cycle, labelled,
        prevalence, the metrics (NaN where undefined), and the expected pixel counts of a patch behind them.
        """
        config = self.store.config
        prevalences = prevalences or (config.pool_prevalence, config.test_prevalence)
        rows = []
        for key in self.refresh():
            counts, defective = self.counts_of(key)
            for prevalence in prevalences:
                expected = counts_at_prevalence(counts, defective, prevalence)
                values = metrics_from_counts(expected)
                rows.append(
                    _identity(key)
                    | {"labelled": int(self._records[key]["labelled"]), "prevalence": prevalence}
                    | {name: float(values[name]) for name in METRICS}
                    | dict(zip(_COUNTS, expected, strict=True))
                )
        columns = [*_IDENTITY, "labelled", "prevalence", *METRICS, *_COUNTS]
        return pd.DataFrame(rows, columns=columns)

    def selections(self) -> pd.DataFrame:
        """One row a labelled patch: strategy, repetition, cycle, rank (from 1), item, score, defective."""
        columns = [*_IDENTITY, "rank", "item", "score", "defective"]
        frames = []
        for key in self.refresh():
            record = self._records[key]
            ranks = np.arange(1, record["items"].size + 1)
            values = {"rank": ranks, "item": record["items"], "score": record["scores"]}
            frames.append(pd.DataFrame(_identity(key) | values | {"defective": record["defective"]}))
        return pd.concat(frames)[columns] if frames else pd.DataFrame(columns=columns)

    def counts(self) -> pd.DataFrame:
        """One row a test patch and record: strategy, repetition, cycle, item, defective, tp, fp, fn, tn,
        max_probability.
        """
        frames = []
        for key in self.refresh():
            record = self._records[key]
            values = {"item": record["test_items"], "defective": record["test_defective"]}
            values |= {name: record["counts"][:, column] for column, name in enumerate(_COUNTS)}
            frames.append(
                pd.DataFrame(_identity(key) | values | {"max_probability": record["max_probability"]})
            )
        columns = [*_IDENTITY, "item", "defective", *_COUNTS, "max_probability"]
        return pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)

    def write(self) -> None:
        """Write metrics.csv, selections.csv and counts.parquet, each whole."""
        directory = self.store.directory
        for name, frame in (("metrics.csv", self.metrics()), ("selections.csv", self.selections())):
            text = frame.to_csv(index=False, lineterminator="\n")
            write_whole(directory / name, lambda file, text=text: file.write(text.encode()))
        counts = self.counts()
        write_whole(directory / "counts.parquet", lambda file: counts.to_parquet(file, index=False))


_IDENTITY = ("strategy", "repetition", "cycle")


def _identity(key: CycleKey) -> dict[str, object]:
    return {"strategy": key.strategy, "repetition": key.repetition, "cycle": key.cycle}
