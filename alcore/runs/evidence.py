"""Records -> what statistics are computed from: whole repetitions, or the one in progress."""

from __future__ import annotations

import numpy as np

from alcore.config import RunConfig
from alcore.experiment.cycle_key import FULL_POOL, CycleKey
from alcore.metrics import class_means
from alcore.runs.records import RunRecords
from alcore.statistics.detection import Peaks
from alcore.statistics.estimands import Evidence
from alcore.statistics.resampling import patch_replicates
from alcore.statistics.shared_tests import SharedTests, overlap


def gather(records: RunRecords) -> Evidence | None:
    """The evidence of a finished or running experiment, as it stands.

    Repetitions that all strategies have finished count, each whole. While there is none, the first one does
    as far as all strategies have come. None before the first cycle.
    """
    repetitions, cycles = _finished(records)
    if not cycles:
        return None
    config = records.config
    keys = [
        [[CycleKey(repetition, cycle, name) for cycle in range(1, cycles + 1)] for name in config.strategies]
        for repetition in repetitions
    ]
    return make_evidence(
        config,
        means=np.array([[[records[key].class_means for key in row] for row in block] for block in keys]),
        resampled=_resampled(records, keys[0]) if len(repetitions) == 1 else None,
        query_share=np.array([[_query_share(records, row) for row in block] for block in keys]),
        found=np.array(
            [[np.cumsum([records[key].defective.sum() for key in row]) for row in block] for block in keys]
        ),
        tests=_tests(records, keys),
    )


def _tests(
    records: RunRecords, keys: list[list[list[CycleKey]]]
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Counts, items and classes of all test patches, see `SharedTests`; None where sets differ in size."""
    firsts = [records[block[0][0]] for block in keys]
    if len({first.test_items.size for first in firsts}) > 1:
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
) -> Evidence:
    """Evidence from arrays shaped as in `Evidence`, of a run's strategies and its first cycles.

    Args:
        tests: counts, items and classes of the test patches, shaped as in `SharedTests`.
    """
    cycles = means.shape[2]
    sizes = None
    if tests is not None:
        defective = int(tests[2][0].sum())
        sizes = tests[2].shape[1] - defective, defective
    return Evidence(
        strategies=config.strategies,
        cycles=np.arange(1, cycles + 1),
        labelled=np.arange(1, cycles + 1) * config.query_count,
        pool_size=config.pool_size,
        pool_prevalence=_pool_prevalence(config),
        means=means,
        resampled=resampled,
        query_share=query_share,
        found=found,
        test_sizes=sizes,
        shared=SharedTests.of(*tests) if tests is not None else None,
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


def _test_sizes(test_defective: np.ndarray) -> tuple[int, int]:
    defective = int(test_defective.sum())
    return test_defective.size - defective, defective


def _resampled(records: RunRecords, rows: list[list[CycleKey]]) -> np.ndarray:
    """(B, S, C, 2, 5) over resampled test patches, which all strategies and cycles share."""
    evaluations = [records[key] for row in rows for key in row]
    counts = np.stack([evaluation.counts for evaluation in evaluations])
    replicates = patch_replicates(counts, evaluations[0].test_defective)
    return replicates.reshape(len(replicates), len(rows), -1, 2, 5)


def _query_share(records: RunRecords, row: list[CycleKey]) -> float:
    queried = [records[key].defective for key in row[1:]]
    return float(np.concatenate(queried).mean()) if queried else np.nan
