"""What each repetition knew after each cycle, from records."""

import numpy as np

from alcore.experiment.cycle_key import CycleKey
from alcore.metrics import metric_at
from alcore.statistics.stopping import agreement
from alcore.storage.run_records import RunRecords
from alcore.storage.run_store import RunStore
from alcore.storage.stop_histories import gather_histories
from alcore.thresholds import HALF, threshold_means


def test_what_was_known_is_what_the_records_hold(small_run):
    records = RunRecords(RunStore(small_run))
    found = gather_histories(records, "iou", 0.3)
    config = records.config
    assert found.budget == config.budget
    for row, strategy in enumerate(config.strategies):
        before = None
        for cycle in range(1, config.cycles + 1):
            record, at = records[CycleKey(1, cycle, strategy)], (0, row, cycle - 1)
            own = record.validation
            means = threshold_means(own.histogram, own.defective)[HALF]
            assert np.array_equal(found.validation[at], metric_at(means, "iou", 0.3), equal_nan=True)
            assert found.defects[at] == record.defective.sum()
            scored = not np.isnan(record.scores).all()
            assert np.isnan(found.score[at]) != scored
            assert not scored or found.score[at] == np.nanmax(record.scores)
            decided = own.max_probability >= 0.5
            expected = np.nan if before is None else agreement(before, decided)
            assert np.array_equal(found.kappa[at], expected, equal_nan=True)
            before = decided


def test_a_run_from_before_validation_was_kept_has_none(small_run, monkeypatch):
    monkeypatch.setattr("alcore.storage.records.StoredRecord.validation", None)
    found = gather_histories(RunRecords(RunStore(small_run)), "iou", 0.3)
    assert found.validation is None
    assert found.kappa is None
