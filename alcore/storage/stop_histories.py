"""Records -> what each repetition knew after each cycle, for rules that say when to stop."""

from __future__ import annotations

import numpy as np

from alcore.experiment.cycle_key import CycleKey
from alcore.metrics import metric_at
from alcore.statistics.stopping import Histories, agreement
from alcore.storage.evidence import gather, keys_that_count
from alcore.storage.run_records import RunRecords
from alcore.thresholds import HALF


def gather_histories(records: RunRecords, metric: str, prevalence: float) -> Histories | None:
    """Of the repetitions that `alcore.storage.evidence.gather` takes; None before the first cycle.

    Args:
        metric, prevalence: by which models are judged, on test and on validation patches alike.
    """
    evidence, keys = gather(records), keys_that_count(records)
    if evidence is None:
        return None
    defects = [[[int(records[key].defective.sum()) for key in row] for row in block] for block in keys]
    scores = [[[_highest(records[key].scores) for key in row] for row in block] for block in keys]
    validation, kappa = _on_validation(records, keys, metric, prevalence)
    return Histories(
        strategies=evidence.strategies,
        labelled=evidence.labelled,
        budget=records.config.budget,
        defects=np.array(defects),
        score=np.array(scores),
        metric=evidence.curves(metric, prevalence).values,
        validation=validation,
        kappa=kappa,
        validation_labels=_validation_labels(records, keys) if validation is not None else 0,
    )


def _validation_labels(records: RunRecords, keys: list[list[list[CycleKey]]]) -> int:
    validation = records[keys[0][0][0]].validation
    return 0 if validation is None else validation.items.size


def _highest(scores: np.ndarray) -> float:
    known = scores[~np.isnan(scores)]
    return float(known.max()) if known.size else np.nan


def _on_validation(
    records: RunRecords, keys: list[list[list[CycleKey]]], metric: str, prevalence: float
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """(R, S, C) metric at ½, and kappa with the model before; None where a record lacks validation."""
    values, agreements = [], []
    for block in keys:
        for row in block:
            before = None
            for key in row:
                means, validation = records[key].threshold_means[1], records[key].validation
                if means is None or validation is None:
                    return None, None
                values.append(metric_at(means[HALF], metric, prevalence))
                decided = validation.max_probability >= 0.5
                agreements.append(np.nan if before is None else agreement(before, decided))
                before = decided
    shape = (len(keys), len(keys[0]), len(keys[0][0]))
    return np.array(values).reshape(shape), np.array(agreements).reshape(shape)
