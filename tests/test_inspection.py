import numpy as np
import pytest

from alcore.inspection import Peaks, along_threshold, at_threshold, image_precision, image_rates

DEFECTIVE = np.array([True, True, True, True, False, False, False, False])
SCORES = np.array([0.9, 0.8, 0.6, 0.2, 0.7, 0.3, 0.1, 0.1])


def test_rates_by_hand():
    detection, false_alarms = image_rates(SCORES, DEFECTIVE, 0.5)
    assert (detection, false_alarms) == (0.75, 0.25)
    assert image_rates(SCORES, DEFECTIVE, 0.7) == (0.5, 0.25), "at the threshold a patch is flagged"


@pytest.mark.parametrize("prevalence", [0.01, 0.2, 0.9])
def test_precision_is_what_one_counts_in_a_sample_of_that_prevalence(prevalence):
    rng = np.random.default_rng(0)
    is_defective = rng.random(400_000) < prevalence
    flagged = rng.random(400_000) < np.where(is_defective, 0.8, 0.1)
    counted = is_defective[flagged].mean()
    assert image_precision(np.array(0.8), np.array(0.1), prevalence) == pytest.approx(counted, abs=0.005)


def test_no_flag_no_precision():
    assert np.isnan(image_precision(np.array(0.0), np.array(0.0), 0.1))


@pytest.mark.parametrize("repetitions", [1, 4])
def test_the_table_agrees_with_the_curve_and_its_interval_holds_it(repetitions):
    rng = np.random.default_rng(1)
    defective = np.tile(np.arange(60) < 30, (repetitions, 1))
    peaks = Peaks(
        ("a", "b"), (rng.random((repetitions, 2, 60)) + 0.5 * defective[:, None]).clip(0, 1), defective
    )
    curve = along_threshold(peaks, 0.05, [0.2, 0.6, 0.9])
    table = at_threshold(peaks, 0.05, 0.6)
    for name in ("detection", "false_alarms", "precision"):
        assert table[name].to_list() == curve[curve["threshold"] == 0.6][name].to_list()
        assert (table[f"{name}_low"] <= table[name]).all()
        assert (table[f"{name}_high"] >= table[name]).all()
    falls = curve.groupby("strategy")[["detection", "false_alarms"]].diff().dropna()
    assert (falls.to_numpy() <= 0).all(), "a higher threshold flags no more"
