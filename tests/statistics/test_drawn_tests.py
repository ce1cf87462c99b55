"""The paper's protocol: test sets drawn at π, against the reweighted estimate."""

from __future__ import annotations

import numpy as np
import pytest

from alcore.statistics.drawn_tests import LastModels, by_protocol

DEFECTIVE = np.arange(1000) < 500


def models_of(*, spread, repetitions=1):
    """Models of two strategies whose recall differs from patch to patch by `spread`."""
    rng = np.random.default_rng(0)
    blocks = []
    for _ in range(repetitions):
        counts = np.zeros((2, 1000, 4), dtype=np.int64)
        found = rng.integers(50 - spread, 50 + spread + 1, (2, 500))
        counts[:, :500, 0], counts[:, :500, 2] = found, 100 - found
        counts[:, 500:, 1] = rng.integers(0, spread + 1, (2, 500)) // 10
        blocks.append(counts)
    return LastModels(("random", "entropy"), blocks, [DEFECTIVE] * repetitions)


def test_the_recall_of_drawn_sets_is_on_average_the_reweighted_one():
    rows = by_protocol(models_of(spread=40), "recall", 0.1)
    assert rows["drawn"].to_numpy() == pytest.approx(rows["reweighted"].to_numpy(), abs=0.01)
    assert ((rows["low"] < rows["reweighted"]) & (rows["reweighted"] < rows["high"])).all()
    assert (rows["defects"] == 50).all()


def test_the_rarer_the_defects_the_wider_the_range_by_the_root_of_their_number():
    models = models_of(spread=40)
    wide, narrow = (
        (rows["high"] - rows["low"]).mean()
        for rows in (by_protocol(models, "recall", prevalence) for prevalence in (0.01, 0.16))
    )
    expected = 4 * np.sqrt(1 - 80 / 500) ** -1  # 5 against 80 defective patches, of which 500 are there
    assert wide / narrow == pytest.approx(expected, rel=0.2)


def test_equal_patches_say_the_same_in_every_draw():
    rows = by_protocol(models_of(spread=0), "iou", 0.02)
    assert rows["low"].tolist() == rows["high"].tolist() == pytest.approx(rows["reweighted"].tolist())


def test_a_set_that_lasts_no_longer_is_drawn_with_replacement():
    rows = by_protocol(models_of(spread=40), "patch_iou", 1.0, size=2000)
    assert rows["drawn"].to_numpy() == pytest.approx(rows["reweighted"].to_numpy(), abs=0.005)


def test_sets_without_a_defect_leave_recall_undefined_and_say_so():
    rows = by_protocol(models_of(spread=40, repetitions=2), "recall", 0.0005)
    assert (rows["defects"] == 0).all()
    assert (rows["undefined"] == 1).all()
    assert rows["drawn"].isna().all()


def test_a_strategys_draws_do_not_depend_on_the_others_and_more_repetitions_narrow_the_range():
    both, alone = models_of(spread=40), models_of(spread=40)
    alone = LastModels(("entropy",), [block[1:] for block in alone.counts], alone.defective)
    columns = ["reweighted", "drawn", "low", "high"]
    one = by_protocol(both, "iou", 0.05)
    assert one[columns].iloc[1].tolist() == pytest.approx(
        by_protocol(alone, "iou", 0.05)[columns].iloc[0].tolist()
    )
    four = by_protocol(models_of(spread=40, repetitions=4), "iou", 0.05)
    widths = [(rows["high"] - rows["low"]).mean() for rows in (one, four)]
    assert widths[0] / widths[1] == pytest.approx(2, rel=0.25)
