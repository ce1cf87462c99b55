"""Records -> tidy frames, for the pages and for the files that others read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import numpy as np
import pandas as pd

from alcore.errors import MetricsError
from alcore.experiment.cycle_key import CycleKey
from alcore.experiment.cycle_record import Ceiling
from alcore.metrics import COUNTS, class_means, counts_at_prevalence, metric_at, metrics_from_counts
from alcore.statistics.estimands import Evaluation
from alcore.statistics.frames import (
    CEILING_COLUMNS,
    METRICS_COLUMNS,
    CountsRow,
    OperatingRow,
    SelectionRow,
    ValueRow,
    frame_of,
)
from alcore.statistics.operating import best_threshold
from alcore.storage.files import csv_text, write_text, write_whole
from alcore.storage.records import StoredRecord
from alcore.storage.run_records import RunRecords
from alcore.storage.run_store import RunStore
from alcore.thresholds import HALF, PROBABILITIES

Prevalences = tuple[float, ...]


class RunTables:
    """A run's records as frames of the columns in `alcore.statistics.frames`."""

    def __init__(self, store: RunStore) -> None:
        self.store = store
        self.records = RunRecords(store)

    def metrics(self, prevalences: Prevalences | None = None) -> pd.DataFrame:
        """`METRICS_COLUMNS` of every record at each prevalence (default π₀ and π₁); undefined is NaN."""
        rows = []
        for key in self.records.committed():
            record = self.records[key]
            rows += [
                (*_identity(key), record.labelled, *values)
                for values in self._metric_values(record, record.class_means, prevalences)
            ]
        return pd.DataFrame(rows, columns=METRICS_COLUMNS)

    def values(self, metric: str, prevalence: float) -> pd.DataFrame:
        """`ValueRow`s: a metric at a prevalence."""
        keys = self.records.committed()
        means = np.array([self.records[key].class_means for key in keys]).reshape(-1, 2, 5)
        values = metric_at(means, metric, prevalence)
        rows = [
            ValueRow(*_identity(key), self.records[key].labelled, value)
            for key, value in zip(keys, values, strict=True)
        ]
        return pd.DataFrame(rows, columns=ValueRow._fields)

    def evaluations(self) -> list[Evaluation]:
        """Every record's class means, of which all metrics at all prevalences are made."""
        records = ((key, self.records[key]) for key in self.records.committed())
        return [Evaluation(*_identity(key), record.labelled, record.class_means) for key, record in records]

    def ceiling_metrics(self, prevalences: Prevalences | None = None) -> pd.DataFrame:
        """`CEILING_COLUMNS`: as `metrics`, of each repetition's full-pool model."""
        rows = []
        for repetition, ceiling in self.records.ceilings().items():
            means = class_means(ceiling.counts, ceiling.test_defective)
            rows += [
                (repetition, ceiling.labelled, *values)
                for values in self._metric_values(ceiling, means, prevalences)
            ]
        return pd.DataFrame(rows, columns=CEILING_COLUMNS)

    def _metric_values(
        self, evaluation: StoredRecord | Ceiling, means: np.ndarray, prevalences: Prevalences | None
    ) -> Iterator[tuple[float, ...]]:
        """(prevalence, each of `ALL_METRICS`, tp, fp, fn, tn) at each prevalence."""
        config = self.store.config
        for prevalence in prevalences or (config.pool_prevalence, config.test_prevalence):
            expected = np.full(4, np.nan)
            with suppress(MetricsError):  # a class that no patch of a random slice has yet
                expected = counts_at_prevalence(evaluation.counts, evaluation.test_defective, prevalence)
            metrics = (float(value) for value in metrics_from_counts(expected).values())
            yield prevalence, *metrics, float(means[1, 4]), *expected

    def operating(self, prevalences: Prevalences | None = None) -> pd.DataFrame:
        """`OperatingRow`s at each prevalence (default π₀ and π₁), of records with counts at thresholds."""
        config, rows = self.store.config, []
        for key in self.records.committed():
            record = self.records[key]
            for prevalence in prevalences or (config.pool_prevalence, config.test_prevalence):
                rows += [
                    OperatingRow(*_identity(key), record.labelled, prevalence, rule, *values)
                    for rule, values in _operating_values(record, prevalence)
                ]
        return pd.DataFrame(rows, columns=OperatingRow._fields)

    def selections(self) -> pd.DataFrame:
        """`SelectionRow`s: every labelled patch."""
        frames = []
        for key in self.records.committed():
            record = self.records[key]
            query = {
                "rank": np.arange(1, record.items.size + 1),
                "item": record.items,
                "score": record.scores,
                "defective": record.defective,
            }
            frames.append(_frame(SelectionRow, key, query))
        return pd.concat(frames) if frames else pd.DataFrame(columns=SelectionRow._fields)

    def counts(self) -> pd.DataFrame:
        """`CountsRow`s: every test patch after every cycle."""
        frames = []
        for key in self.records.committed():
            record = self.records[key]
            evaluation = {
                "item": record.test_items,
                "defective": record.test_defective,
                "max_probability": record.max_probability,
            }
            evaluation |= dict(zip(COUNTS, record.counts.T, strict=True))
            frames.append(_frame(CountsRow, key, evaluation))
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=CountsRow._fields)

    def write(self) -> None:
        """Write metrics.csv, selections.csv, counts.parquet and, given what they are of, operating.csv and
        ceiling.csv, each whole.
        """
        directory = self.store.directory
        frames = {"metrics.csv": self.metrics(), "selections.csv": self.selections()}
        operating = self.operating()
        if len(operating):
            frames["operating.csv"] = operating
        if self.store.ceilings():
            frames["ceiling.csv"] = self.ceiling_metrics()
        for name, frame in frames.items():
            write_text(directory / name, csv_text(frame))
        counts = self.counts()
        write_whole(directory / "counts.parquet", lambda file: counts.to_parquet(file, index=False))


def _operating_values(record: StoredRecord, prevalence: float) -> Iterator[tuple[str, tuple[float, ...]]]:
    """Each rule with its threshold, IoU, precision and recall; none of a record without other thresholds."""
    test, validation = record.threshold_means
    if test is None:
        return
    chosen = {"half": HALF}
    if validation is not None:
        chosen["validation"] = int(best_threshold(validation, prevalence))
    chosen["best"] = int(best_threshold(test, prevalence))
    for rule, threshold in chosen.items():
        values = (float(metric_at(test[threshold], name, prevalence)) for name in OperatingRow._fields[-3:])
        yield rule, (float(PROBABILITIES[threshold]), *values)


def _identity(key: CycleKey) -> tuple[str, int, int]:
    return key.strategy, key.repetition, key.cycle


def _frame(
    row: type[SelectionRow | CountsRow], key: CycleKey, columns: dict[str, np.ndarray]
) -> pd.DataFrame:
    strategy, repetition, cycle = _identity(key)
    return frame_of(row, {"strategy": strategy, "repetition": repetition, "cycle": cycle, **columns})
