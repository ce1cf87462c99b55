"""Records -> what statistics are computed from: whole repetitions, or the one in progress."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from alcore.config import RunConfig
from alcore.errors import StoreError
from alcore.experiment.cycle_key import FULL_POOL, CycleKey
from alcore.experiment.cycle_record import ThresholdHistogram
from alcore.metrics import class_means
from alcore.statistics.detection import Peaks
from alcore.statistics.drawn_tests import LastModels
from alcore.statistics.error_costs import Inspection
from alcore.statistics.estimands import Evidence
from alcore.statistics.operating import Operating
from alcore.statistics.resampling import patch_replicates
from alcore.statistics.shared_tests import SharedTests, overlap, overlap_by_class
from alcore.storage.records import StoredRecord
from alcore.storage.run_records import RunRecords
from alcore.thresholds import COUNT


def gather(records: RunRecords) -> Evidence | None:
    """The evidence of a finished or running experiment, as it stands.

    Only repetitions that all strategies have finished count. While there is none, the first one counts up to
    the last cycle that all strategies have finished. None before the first cycle.
    """
    keys = keys_that_count(records)
    if not keys:
        return None
    return make_evidence(
        records.config,
        means=np.array([[[records[key].class_means for key in row] for row in block] for block in keys]),
        resampled=_resampled(records, keys[0]) if len(keys) == 1 else None,
        query_share=np.array([[_query_share(records, row) for row in block] for block in keys]),
        found=np.array(
            [[np.cumsum([records[key].defective.sum() for key in row]) for row in block] for block in keys]
        ),
        tests=_tests(records, keys),
        pools=_pools(records, keys),
        bought=[_bought(records, block) for block in keys],
    )


def _bought(records: RunRecords, block: list[list[CycleKey]]) -> tuple[np.ndarray, np.ndarray]:
    """(n,) ids and (n,) classes of all that a repetition's strategies have labelled."""
    every = [records[key] for row in block for key in row]
    return (
        np.concatenate([record.items for record in every]),
        np.concatenate([record.defective for record in every]),
    )


def _pools(records: RunRecords, keys: list[list[list[CycleKey]]]) -> list[np.ndarray] | None:
    """(N,) ids of each repetition's pool; None before cycle 2, whose candidates are the pool's rest."""
    if len(keys[0][0]) < 2:
        return None
    firsts = [(records[block[0][0]], records[block[0][1]]) for block in keys]
    try:
        return [np.union1d(first.items, second.candidates) for first, second in firsts]
    except StoreError:  # an early version kept no candidates; then nothing is said of pools
        return None


def _tests(
    records: RunRecords, keys: list[list[list[CycleKey]]]
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Counts, items and classes of all test patches, see `SharedTests`; None where sets differ in size."""
    firsts = [records[block[0][0]] for block in keys]
    if len({records[key].test_items.size for block in keys for row in block for key in row}) > 1:
        return None
    return (
        np.array([[[records[key].counts for key in row] for row in block] for block in keys]),
        np.array([first.test_items for first in firsts]),
        np.array([first.test_defective for first in firsts]),
    )


def make_evidence(
    config: RunConfig,
    *,
    means: np.ndarray,
    resampled: np.ndarray | None,
    query_share: np.ndarray,
    found: np.ndarray | None = None,
    tests: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None,
    pools: Sequence[np.ndarray] | None = None,
    bought: Sequence[tuple[np.ndarray, np.ndarray]] = (),
) -> Evidence:
    """Evidence from arrays shaped as in `Evidence`, of a run's strategies and its first cycles.

    Args:
        tests: counts, items and classes of the test patches, shaped as in `SharedTests`.
        pools: ids of each repetition's pool; bought: ids and classes of what was labelled of it.
    """
    cycles = means.shape[2]
    sizes, alarmed, of_classes, whole = None, None, None, None
    if pools is not None and len(pools) > 1:
        whole, of_classes = overlap(pools), overlap_by_class(pools, bought)
    if tests is not None:
        defective = int(tests[2][0].sum())
        sizes = tests[2].shape[1] - defective, defective
        alarms = (tests[0][..., 1] > 0) & ~tests[2][:, None, None]  # (R, S, C, T)
        alarmed = alarms.sum(axis=-1)
    return Evidence(
        strategies=config.strategies,
        cycles=np.arange(1, cycles + 1),
        labelled=np.array([config.labelled_after(cycle) for cycle in range(1, cycles + 1)]),
        pool_size=config.pool_size,
        pool_prevalence=_pool_prevalence(config),
        means=means,
        resampled=resampled,
        query_share=query_share,
        found=found,
        test_sizes=sizes,
        shared=SharedTests.of(*tests) if tests is not None else None,
        pool_overlap=whole,
        pool_overlap_by_class=of_classes,
        alarmed=alarmed,
    )


def gather_ceiling(records: RunRecords) -> Evidence | None:
    """The evidence of the full-pool models as a single strategy with a single budget; None without any."""
    ceilings = list(records.ceilings().values())
    if not ceilings:
        return None
    means = [class_means(ceiling.counts, ceiling.test_defective) for ceiling in ceilings]
    resampled = None
    if len(ceilings) == 1:
        resampled = patch_replicates(ceilings[0].counts[None], ceilings[0].test_defective)[:, None]
    config = records.config
    return Evidence(
        strategies=(FULL_POOL,),
        cycles=np.array([config.cycles]),
        labelled=np.array([config.pool_size]),
        pool_size=config.pool_size,
        pool_prevalence=_pool_prevalence(config),
        means=np.array(means)[:, None, None],
        resampled=resampled,
        query_share=np.full((len(ceilings), 1), np.nan),
        test_sizes=_test_sizes(ceilings[0].test_defective),
    )


def gather_models(records: RunRecords, cycle: int) -> LastModels | None:
    """Counts after a cycle, of the repetitions that `gather` takes; None before that cycle."""
    keys = [[row[cycle - 1] for row in block] for block in keys_that_count(records) if cycle <= len(block[0])]
    if not keys:
        return None
    return LastModels(
        records.config.strategies,
        [np.array([records[key].counts for key in row]) for row in keys],
        [records[row[0]].test_defective for row in keys],
    )


def gather_validation_peaks(records: RunRecords, cycle: int) -> Peaks | None:
    """As `gather_peaks`, of validation patches; None where some repetition has none."""
    keys = [[row[cycle - 1] for row in block] for block in keys_that_count(records) if cycle <= len(block[0])]
    found = [[records[key].validation for key in row] for row in keys]
    known = [[one for one in row if one is not None] for row in found]
    if not known or any(len(own) < len(row) for own, row in zip(known, found, strict=True)):
        return None
    return Peaks(
        records.config.strategies,
        np.array([[one.max_probability for one in row] for row in known]),
        np.array([row[0].defective for row in known]),
        overlap([row[0].items for row in known]) if len(known) > 1 else 1.0,
    )


def gather_peaks(records: RunRecords, cycle: int) -> Peaks | None:
    """The peaks after a cycle, of the repetitions that `gather` takes; None before that cycle."""
    repetitions, cycles = _finished(records)
    if cycle > cycles:
        return None
    names = records.config.strategies
    cycles_of = [[records[CycleKey(rep, cycle, name)] for name in names] for rep in repetitions]
    return Peaks(
        names,
        np.array([[record.max_probability for record in row] for row in cycles_of]),
        np.array([row[0].test_defective for row in cycles_of]),
        overlap([row[0].test_items for row in cycles_of]) if len(cycles_of) > 1 else 1.0,
    )


def gather_inspection(records: RunRecords) -> Inspection | None:
    """The peaks after every cycle, of test and of validation patches; None before the first, or without the
    latter.
    """
    keys = keys_that_count(records)
    cycles = range(1, len(keys[0][0]) + 1) if keys else range(0)
    test = [gather_peaks(records, cycle) for cycle in cycles]
    tuned_on = [gather_validation_peaks(records, cycle) for cycle in cycles]
    known = [(one, other) for one, other in zip(test, tuned_on, strict=True) if one and other]
    if not known or len(known) < len(test):
        return None
    labelled = np.array([records.config.labelled_after(cycle) for cycle in cycles])
    return Inspection(labelled, [one for one, _ in known], [other for _, other in known])


def gather_operating(records: RunRecords) -> Operating | None:
    """What `gather` takes, at all thresholds; None where records lack them, or validation patches."""
    evidence, keys = gather(records), keys_that_count(records)
    means = [records[key].threshold_means for block in keys for row in block for key in row]
    test, validation = ([pair[side] for pair in means if pair[side] is not None] for side in (0, 1))
    if evidence is None or not len(test) == len(validation) == len(means):
        return None
    shape = (*evidence.means.shape[:3], COUNT, 2, 5)
    firsts = [records[block[0][0]] for block in keys]
    return Operating(
        evidence=evidence,
        histograms=[
            np.array([[_histogram(records[key]).histogram for key in row] for row in block]) for block in keys
        ],
        confidence=np.array(
            [[[_histogram(records[key]).confidence for key in row] for row in block] for block in keys]
        ),
        test=np.array(test).reshape(shape),
        validation=np.array(validation).reshape(shape),
        items=[first.test_items for first in firsts],
        defective=[first.test_defective for first in firsts],
        validation_labels=_validation_labels(firsts[0]),
    )


def _validation_labels(record: StoredRecord) -> int:
    return 0 if record.validation is None else record.validation.items.size


def _histogram(record: StoredRecord) -> ThresholdHistogram:
    threshold_histogram = record.threshold_histogram
    assert threshold_histogram is not None, "a record without one has no means at thresholds either"
    return threshold_histogram


def _pool_prevalence(config: RunConfig) -> float:
    """π₀ as drawn, a whole number of patches; as configured where that is none."""
    return round(config.pool_size * config.pool_prevalence) / config.pool_size or config.pool_prevalence


def _finished(records: RunRecords) -> tuple[list[int], int]:
    """Repetitions that count, and the number of cycles that all strategies have in each of them."""
    config, done = records.config, set(records.committed())
    cycles = {}
    for repetition in range(1, config.repetitions + 1):
        ends = [
            sum(CycleKey(repetition, cycle, name) in done for cycle in range(1, config.cycles + 1))
            for name in config.strategies
        ]
        cycles[repetition] = min(ends)
    whole = [repetition for repetition, count in cycles.items() if count == config.cycles]
    return (whole, config.cycles) if whole else ([1], cycles[1])


def keys_that_count(records: RunRecords) -> list[list[list[CycleKey]]]:
    """By repetition, strategy and cycle; none before the first cycle."""
    (repetitions, cycles), names = _finished(records), records.config.strategies
    return [
        [[CycleKey(repetition, cycle, name) for cycle in range(1, cycles + 1)] for name in names]
        for repetition in repetitions
        if cycles
    ]


def _test_sizes(test_defective: np.ndarray) -> tuple[int, int]:
    defective = int(test_defective.sum())
    return test_defective.size - defective, defective


def _resampled(records: RunRecords, rows: list[list[CycleKey]]) -> np.ndarray:
    """(B, S, C, 2, 5) over resampled test patches, which all strategies and cycles share.

    A random slice grows from cycle to cycle; then each evaluation is resampled by itself.
    """
    evaluations = [records[key] for row in rows for key in row]
    if len({evaluation.test_items.size for evaluation in evaluations}) > 1:
        alone = [patch_replicates(one.counts[None], one.test_defective) for one in evaluations]
        return np.stack(alone, axis=1).reshape(len(alone[0]), len(rows), -1, 2, 5)
    counts = np.stack([evaluation.counts for evaluation in evaluations])
    replicates = patch_replicates(counts, evaluations[0].test_defective)
    return replicates.reshape(len(replicates), len(rows), -1, 2, 5)


def _query_share(records: RunRecords, row: list[CycleKey]) -> float:
    queried = [records[key].defective for key in row[1:]]
    return float(np.concatenate(queried).mean()) if queried else np.nan
