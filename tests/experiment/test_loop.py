import numpy as np
import pytest

from alcore.config import make_config
from alcore.errors import PoolError
from alcore.experiment.loop import ResumeState, run
from alcore.experiment.repetition import draw_repetition
from tests.conftest import SMALL
from tests.shared import keys_in_order


@pytest.fixture(scope="module")
def config():
    return make_config(SMALL | {"repetitions": 2})


@pytest.fixture(scope="module")
def records(config, surfaces):
    return list(run(config, surfaces))


def by_key(records):
    return {(r.key.repetition, r.key.cycle, r.key.strategy): r for r in records}


def test_records_come_cycle_by_cycle_with_strategies_side_by_side(config, records):
    assert [record.key for record in records] == list(keys_in_order(config))
    assert [record.labelled for record in records[:9]] == [6] * 3 + [12] * 3 + [18] * 3


def test_strategies_of_a_repetition_are_paired(records):
    for repetition in (1, 2):
        first = [r for r in records if (r.key.repetition, r.key.cycle) == (repetition, 1)]
        for record in first[1:]:
            assert np.array_equal(record.selection.items, first[0].selection.items)
            assert np.array_equal(record.counts, first[0].counts)
            assert np.array_equal(record.test_items, first[0].test_items)


def test_repetitions_draw_their_own(config, surfaces):
    one, other = (draw_repetition(config, surfaces, repetition) for repetition in (1, 2))
    for name in ("pool", "first_query", "test"):
        assert not np.array_equal(getattr(one, name), getattr(other, name)), name


def test_nothing_is_labelled_twice_and_all_comes_from_the_pool(config, records, surfaces):
    for repetition in (1, 2):
        draw = draw_repetition(config, surfaces, repetition)
        assert surfaces.defective[draw.pool].sum() == 16
        for strategy in config.strategies:
            own = [r for r in records if (r.key.repetition, r.key.strategy) == (repetition, strategy)]
            labelled = np.concatenate([r.selection.items for r in own])
            assert np.unique(labelled).size == labelled.size
            assert np.isin(labelled, draw.pool).all()
            assert not np.isin(draw.test, draw.pool).any()
            assert all(
                np.array_equal(surfaces.defective[r.selection.items], r.selection.defective) for r in own
            )


def test_a_query_carries_scores_candidates_and_predictions(records, surfaces):
    for record in records:
        selection = record.selection
        if record.key.cycle == 1:
            assert selection.candidates.size == 0
            assert selection.probability.shape[0] == 0
            continue
        assert selection.candidates.size == 80 - record.labelled + 6
        assert np.isin(selection.items, selection.candidates).all()
        assert selection.probability.shape == (6, 64, 64)
        if record.key.strategy == "entropy":
            best = np.sort(selection.candidate_scores)[::-1][:6]
            assert np.allclose(selection.scores, best)
        if record.key.strategy == "core-set":
            assert selection.scores[0] == selection.candidate_scores.max()


def test_counts_cover_every_pixel(records):
    assert all((record.counts.sum(axis=1) == 64 * 64).all() for record in records)


def test_a_strategy_is_not_touched_by_its_neighbours(config, records, surfaces):
    alone = make_config(SMALL | {"repetitions": 1, "strategies": ["core-set"]})
    together = by_key(records)
    for record in run(alone, surfaces):
        twin = together[1, record.key.cycle, "core-set"]
        assert np.array_equal(record.selection.items, twin.selection.items)
        assert np.array_equal(record.counts, twin.counts)


@pytest.mark.slow
def test_a_run_from_before_maps_goes_on_without_them(config, records, surfaces):
    weights = {record.key: record.weights for record in records[:6]}
    queries = {record.key: record.selection.items for record in records[:6]}
    resume = ResumeState(queries, weights.__getitem__, lambda key: None)
    rest = list(run(config, surfaces, resume=resume))
    assert rest[0].selection.pool_map is None
    assert np.array_equal(rest[0].counts, records[6].counts)
    assert rest[-1].selection.pool_map is not None, "the next repetition has its own"


@pytest.mark.slow
@pytest.mark.parametrize("finished", [1, 3, 5, 9, 13])
def test_going_on_from_any_record_gives_the_same_rest(config, records, surfaces, finished):
    weights = {record.key: record.weights for record in records[:finished]}
    axes = {record.key: record.axes for record in records}
    queries = {record.key: record.selection.items for record in records[:finished]}
    resume = ResumeState(queries, weights.__getitem__, axes.__getitem__)
    rest = list(run(config, surfaces, resume=resume))
    assert [record.key for record in rest] == [record.key for record in records[finished:]]
    for record, twin in zip(rest, records[finished:], strict=True):
        assert np.array_equal(record.selection.items, twin.selection.items)
        assert np.array_equal(record.counts, twin.counts)
        assert np.array_equal(record.gallery_probability, twin.gallery_probability)
        if record.selection.pool_map is not None:
            assert np.array_equal(record.selection.pool_map.xy, twin.selection.pool_map.xy)


def test_phases_are_reported_in_order(config, surfaces):
    seen = []
    for record in run(config, surfaces, report=seen.append):
        if record.key.cycle == 3 and record.key.strategy == "entropy":
            break
    phases = {2: [], 3: []}
    for progress in seen:
        if progress.key.strategy == "entropy" and progress.key.cycle > 1:
            phases[progress.key.cycle].append(progress.phase)
    phases = {cycle: list(dict.fromkeys(names)) for cycle, names in phases.items()}
    assert phases[3] == ["scoring", "training", "evaluating"]
    assert phases[2] == ["training", "evaluating"], "the first strategy looked at the pool for all"
    assert all(0 <= p.done <= p.total for p in seen)


def test_a_pool_that_cannot_be_filled_is_refused(surfaces):
    config = make_config(SMALL | {"pool_size": 9000, "pool_prevalence": 0.9})
    with pytest.raises(PoolError, match="largest pool"):
        next(run(config, surfaces))
