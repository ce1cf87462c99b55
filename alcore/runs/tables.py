"""Records -> tidy frames, for the pages and for the files that others read."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from alcore.experiment.cycle_key import CycleKey
from alcore.metrics import (
    METRICS,
    PATCH_IOU,
    class_means,
    counts_at_prevalence,
    metric_at,
    metrics_from_counts,
)
from alcore.runs.files import write_whole
from alcore.runs.run_store import RunStore

_COUNTS = ("tp", "fp", "fn", "tn")
_METRIC_COLUMNS = ("prevalence", *METRICS, PATCH_IOU, *_COUNTS)
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
        self._test_sets: dict[int, dict[str, np.ndarray]] = {}
        self._means: dict[CycleKey, np.ndarray] = {}
        self._ceilings: dict[int, dict[str, np.ndarray]] = {}
        self._reading = threading.Lock()  # several browser tabs share one reader

    def refresh(self) -> list[CycleKey]:
        """Read what is new; returns the keys of all records, in the loop's order."""
        with self._reading:
            keys = self.store.committed()
            for key in keys:
                if key not in self._records:
                    self._records[key] = self._share(key, self.store.load(key, *_SMALL))
            return keys

    def _share(self, key: CycleKey, record: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Let all records of a repetition hold the same arrays of what they have in common, its test set."""
        common = self._test_sets.setdefault(
            key.repetition, {name: record[name] for name in ("test_items", "test_defective")}
        )
        for name, array in common.items():
            if np.array_equal(record[name], array):
                record[name] = array
        return record

    def record(self, key: CycleKey) -> Mapping[str, np.ndarray]:
        """The small arrays of a record that `refresh` has listed, by the names in its file."""
        return self._records[key]

    def class_means(self, key: CycleKey) -> np.ndarray:
        """(2, 5) of a record's evaluation, see `alcore.metrics.class_means`; computed once."""
        if key not in self._means:
            record = self._records[key]
            self._means[key] = class_means(record["counts"], record["test_defective"])
        return self._means[key]

    def metrics(self, prevalences: tuple[float, ...] | None = None) -> pd.DataFrame:
        """One row a record and prevalence (default π₀ and π₁): strategy, repetition, cycle, labelled,
        prevalence, the metrics (NaN where undefined), the mean IoU over defective patches, and the expected
        pixel counts of a patch behind the metrics.
        """
        rows = [
            _identity(key) | {"labelled": int(self._records[key]["labelled"])} | values
            for key in self.refresh()
            for values in self._metric_rows(self._records[key], self.class_means(key), prevalences)
        ]
        return pd.DataFrame(rows, columns=[*_IDENTITY, "labelled", *_METRIC_COLUMNS])

    def values(self, metric: str, prevalence: float) -> pd.DataFrame:
        """One row a record: strategy, repetition, cycle, labelled, value of a metric at a prevalence."""
        keys = self.refresh()
        frame = pd.DataFrame([_identity(key) for key in keys], columns=_IDENTITY)
        frame["labelled"] = [int(self._records[key]["labelled"]) for key in keys]
        means = np.array([self.class_means(key) for key in keys]).reshape(-1, 2, 5)
        return frame.assign(value=metric_at(means, metric, prevalence))

    def ceiling_metrics(self, prevalences: tuple[float, ...] | None = None) -> pd.DataFrame:
        """As `metrics`, one row a repetition's full-pool model and prevalence: repetition, labelled, ..."""
        rows = []
        for repetition in self.store.ceilings():
            record = self.ceiling(repetition)
            means = class_means(record["counts"], record["test_defective"])
            identity = {"repetition": repetition, "labelled": int(record["labelled"])}
            rows += [identity | values for values in self._metric_rows(record, means, prevalences)]
        return pd.DataFrame(rows, columns=["repetition", "labelled", *_METRIC_COLUMNS])

    def ceiling(self, repetition: int) -> Mapping[str, np.ndarray]:
        """The arrays of a committed ceiling, read once."""
        if repetition not in self._ceilings:
            self._ceilings[repetition] = self.store.load_ceiling(repetition)
        return self._ceilings[repetition]

    def _metric_rows(
        self,
        record: Mapping[str, np.ndarray],
        means: np.ndarray,
        prevalences: tuple[float, ...] | None,
    ) -> Iterator[dict[str, float]]:
        config = self.store.config
        for prevalence in prevalences or (config.pool_prevalence, config.test_prevalence):
            expected = counts_at_prevalence(record["counts"], record["test_defective"], prevalence)
            metrics = {name: float(value) for name, value in metrics_from_counts(expected).items()}
            counts = dict(zip(_COUNTS, expected, strict=True))
            yield {"prevalence": prevalence} | metrics | {PATCH_IOU: float(means[1, 4])} | counts

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
        """Write metrics.csv, selections.csv, counts.parquet and, given ceilings, ceiling.csv, each whole."""
        directory = self.store.directory
        frames = {"metrics.csv": self.metrics(), "selections.csv": self.selections()}
        if self.store.ceilings():
            frames["ceiling.csv"] = self.ceiling_metrics()
        for name, frame in frames.items():
            text = frame.to_csv(index=False, lineterminator="\n")
            write_whole(directory / name, lambda file, text=text: file.write(text.encode()))
        counts = self.counts()
        write_whole(directory / "counts.parquet", lambda file: counts.to_parquet(file, index=False))


_IDENTITY = ("strategy", "repetition", "cycle")


def _identity(key: CycleKey) -> dict[str, object]:
    return {"strategy": key.strategy, "repetition": key.repetition, "cycle": key.cycle}
