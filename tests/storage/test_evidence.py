import numpy as np
import pytest

from alcore.config import make_config
from alcore.experiment.cycle_key import FULL_POOL, CycleKey
from alcore.metrics import counts_at_prevalence, metrics_from_counts
from alcore.storage.evidence import gather, gather_ceiling, gather_peaks
from alcore.storage.records import npz_of
from alcore.storage.run_records import RunRecords
from alcore.storage.run_store import RunStore
from alcore.storage.tables import RunTables
from tests.conftest import SMALL

STRATEGIES = ("random", "entropy")


def commit(store, repetition, cycle, strategy, seed):
    rng = np.random.default_rng(seed)
    store.commit(
        CycleKey(repetition, cycle, strategy),
        npz_of(
            {
                "labelled": np.int64(6 * cycle),
                "items": np.arange(6) + 6 * cycle,
                "defective": np.arange(6) < cycle,
                "scores": np.full(6, np.nan),
                "test_items": np.arange(20),
                "test_defective": np.arange(20) < 10,
                "counts": rng.integers(1, 50, size=(20, 4)),
                "max_probability": rng.random(20).astype(np.float32),
            }
        ),
    )


@pytest.fixture
def store(tmp_path):
    config = make_config(SMALL | {"strategies": list(STRATEGIES), "repetitions": 3})
    return RunStore.create(tmp_path / "run", config)


def fill(store, until):
    """Commit the first `until` records in the loop's order."""
    order = [(r, c, s) for r in (1, 2, 3) for c in (1, 2, 3) for s in STRATEGIES]
    for seed, key in enumerate(order[:until]):
        commit(store, *key, seed)


@pytest.mark.parametrize(
    ("records", "repetitions", "cycles"),
    [(2, 1, 1), (3, 1, 1), (4, 1, 2), (6, 1, 3), (11, 1, 3), (12, 2, 3), (18, 3, 3)],
)
def test_whole_repetitions_count_or_else_the_first_as_far_as_all_have_come(
    store, records, repetitions, cycles
):
    fill(store, records)
    evidence = gather(RunRecords(store))
    assert evidence.means.shape == (repetitions, 2, cycles, 2, 5)
    assert evidence.labelled.tolist() == [6, 12, 18][:cycles]
    assert (evidence.resampled is None) == (repetitions > 1)


@pytest.mark.parametrize("records", [0, 1])
def test_nothing_is_known_before_all_have_a_cycle(store, records):
    fill(store, records)
    assert gather(RunRecords(store)) is None


def test_curves_are_the_metrics_of_the_counts(store):
    fill(store, 18)
    curves = gather(RunRecords(store)).curves("iou", 0.03)
    for repetition in (1, 2, 3):
        record = store.record(CycleKey(repetition, 2, "entropy"))
        expected = metrics_from_counts(counts_at_prevalence(record.counts, record.test_defective, 0.03))
        assert curves.values[repetition - 1, 1, 1] == pytest.approx(float(expected["iou"]))


def test_query_shares_leave_out_the_random_first(store):
    fill(store, 18)
    assert np.allclose(gather(RunRecords(store)).query_share, (2 + 3) / 12)


def test_peaks_of_a_cycle(store):
    fill(store, 12)
    peaks = gather_peaks(RunRecords(store), 2)
    assert peaks.max_probability.shape == (2, 2, 20)
    own = store.record(CycleKey(2, 2, "random")).max_probability
    assert np.array_equal(peaks.max_probability[1, 0], own)
    assert gather_peaks(RunRecords(store), 4) is None


def test_values_of_all_records_at_a_prevalence(store):
    fill(store, 5)
    frame = RunTables(store).values("dice", 0.5)
    assert len(frame) == 5
    assert frame["value"].between(0, 1).all()
    metrics = RunTables(store).metrics((0.5,))
    assert np.allclose(frame["value"], metrics["dice"])


def test_ceilings_are_a_strategy_of_their_own(store):
    assert gather_ceiling(RunRecords(store)) is None
    rng = np.random.default_rng(0)
    for repetition in (1, 2):
        store.request_ceiling()
        store.commit_ceiling(
            repetition,
            npz_of(
                {
                    "labelled": np.int64(80),
                    "test_items": np.arange(20),
                    "test_defective": np.arange(20) < 10,
                    "counts": rng.integers(1, 50, size=(20, 4)),
                    "max_probability": rng.random(20),
                }
            ),
        )
        evidence = gather_ceiling(RunRecords(store))
        assert evidence.strategies == (FULL_POOL,)
        assert evidence.repetitions == repetition
        curves = evidence.curves("iou", 0.2)
        assert curves.mean.shape == (1, 1)
        assert curves.replicates.shape[1:] == (1, 1)
    assert RunTables(store).ceiling_metrics((0.2,))["iou"].mean() == pytest.approx(curves.mean[0, 0])
