"""Budgets in other units: what labels cost, and curves over it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from alcore.presentation.budget_unit_sentences import flips_in_words
from alcore.statistics.budget_units import (
    BUDGET_UNITS,
    Labelling,
    LabelModel,
    average_difference,
    flips,
    on_grid,
    outline_pixels,
    reach,
    spent_frame,
)
from alcore.statistics.estimands import Curves
from alcore.statistics.resampling import repetition_replicates

LABELLED = np.array([10, 20, 30])
MODEL = LabelModel()


def curves_of(values, names=("random", "entropy")):
    values = np.asarray(values, float)
    replicates = repetition_replicates(values) if len(values) > 1 else values + np.zeros((5, 1, 1))
    return Curves(names, LABELLED, 100, values, replicates)


def labelling_of(defective, outline=40):
    """(R, S, C) defective by each cycle -> a labelling in which all defects are alike."""
    defective = np.asarray(defective)
    images = np.broadcast_to(LABELLED, defective.shape)
    return Labelling(images, defective, 25 * defective, outline * defective)


def test_the_outline_of_a_square_and_of_a_defect_that_fills_the_patch():
    masks = np.zeros((3, 8, 8), dtype=bool)
    masks[0, 2:6, 2:6] = True
    masks[1] = True
    assert outline_pixels(masks).tolist() == [12, 28, 0]


def test_what_labels_take_by_hand():
    spent = {unit: labelling_of([[[1, 2, 5]]]).spent(unit, MODEL)[0, 0].tolist() for unit in BUDGET_UNITS}
    assert spent["labels"] == [10, 20, 30]
    assert spent["defective"] == [1, 2, 5]
    assert spent["pixels"] == [25, 50, 125]
    assert spent["clicks"] == [11, 22, 55]
    assert spent["seconds"] == pytest.approx([10 + 2.4 + 9, 20 + 4.8 + 18, 30 + 12 + 45])


@settings(max_examples=30, deadline=None)
@given(some.integers(0, 10**6), some.integers(1, 5), some.sampled_from(BUDGET_UNITS))
def test_curves_over_any_unit_pass_through_what_was_measured_and_never_leave_it(seed, repetitions, unit):
    rng = np.random.default_rng(seed)
    curves = curves_of(rng.uniform(size=(repetitions, 2, 3)))
    spent = labelling_of(rng.integers(0, 4, size=(repetitions, 2, 3)).cumsum(axis=2)).spent(unit, MODEL)
    frame = spent_frame(curves, spent)
    begin, end = reach(spent)
    for row, name in enumerate(curves.strategies):
        own = frame[frame["strategy"] == name]
        if begin[row] >= end[row]:
            assert own.empty
            continue
        assert own["spent"].iloc[[0, -1]].tolist() == pytest.approx([begin[row], end[row]])
        assert own["value"].between(curves.values[:, row].min() - 1e-12, curves.values[:, row].max()).all()
    if repetitions == 1:
        at = on_grid(curves, spent, spent[0]).values[0]
        last = [[(spent[0, row] <= cost).sum() - 1 for cost in spent[0, row]] for row in (0, 1)]
        assert np.allclose(at, [curves.values[0, row, last[row]] for row in (0, 1)])


def test_over_labels_the_unit_changes_nothing():
    rng = np.random.default_rng(1)
    curves = curves_of(rng.uniform(size=(4, 2, 3)))
    labelling = labelling_of(rng.integers(0, 4, size=(4, 2, 3)).cumsum(axis=2))
    found = average_difference(curves, labelling.spent("labels", MODEL), "entropy", "random")
    areas = curves.minus("random").areas()
    assert found.value == pytest.approx(areas.mean[1])
    assert [found.low, found.high] == pytest.approx([bound[1] for bound in areas.interval()])


def test_a_strategy_that_buys_dearer_labels_leads_per_label_and_trails_per_second():
    rising = np.array([[0.1, 0.2, 0.3], [0.1, 0.25, 0.4]])
    curves = curves_of(rising + 0.001 * np.random.default_rng(0).normal(size=(5, 2, 3)))
    labelling = labelling_of(np.broadcast_to([[2, 4, 6], [2, 10, 25]], (5, 2, 3)))
    found = flips(curves, labelling, "seconds", MODEL)
    assert found[["leads", "trails", "is_clear"]].to_numpy().tolist() == [["entropy", "random", True]]
    said = flips_in_words(found, 2, "seconds")[0]
    assert "**entropy** leads random per label (+0.0" in said
    assert "**random** leads per minute of labelling (+0.0" in said
    free = LabelModel(first=0, further=0)
    assert flips(curves, labelling, "seconds", free).empty, "outlines that take no time change nothing"
    assert (
        "the order is the same" in flips_in_words(flips(curves, labelling, "seconds", free), 2, "seconds")[0]
    )


def test_budgets_that_no_two_repetitions_share_are_not_compared():
    curves = curves_of(np.random.default_rng(0).uniform(size=(2, 2, 3)))
    labelling = labelling_of([[[0, 1, 2], [0, 1, 2]], [[3, 4, 5], [3, 4, 5]]])
    spent = labelling.spent("defective", MODEL)
    assert spent_frame(curves, spent).empty
    assert np.isnan(average_difference(curves, spent, "entropy", "random").value)
    assert flips(curves, labelling, "defective", MODEL).empty


def test_the_average_is_the_area_under_the_curve_as_it_is_drawn():
    rng = np.random.default_rng(3)
    curves = curves_of(rng.uniform(size=(1, 2, 3)))
    spent = np.array([[[0.0, 4.0, 10.0], [0.0, 6.0, 6.0]]])
    found = average_difference(curves, spent, "entropy", "random")
    fine = np.linspace(0, 6, 60_001)
    both = on_grid(curves, spent, np.tile(fine, (2, 1))).values[0]
    assert found.value == pytest.approx(np.trapezoid(both[1] - both[0], fine) / 6, abs=1e-4)
