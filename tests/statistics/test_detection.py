import numpy as np
import pytest

from alcore.statistics.detection import Peaks, along_threshold, at_threshold, image_precision, rates_along

DEFECTIVE = np.array([True, True, True, True, False, False, False, False])
SCORES = np.array([0.9, 0.8, 0.6, 0.2, 0.7, 0.3, 0.1, 0.1])


def test_rates_by_hand():
    peaks = Peaks(("a",), SCORES[None, None], DEFECTIVE[None])
    detection, false_alarms = rates_along(peaks, [0.1, 0.5, 0.7, 1.0])
    assert detection[0, 0].tolist() == [1, 0.75, 0.5, 0], "at the threshold a patch is flagged"
    assert false_alarms[0, 0].tolist() == [1, 0.25, 0.25, 0]


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
    thresholds = [0.2, 0.6, 0.9]
    curve = along_threshold(peaks.strategies, rates_along(peaks, thresholds), 0.05, thresholds)
    table = at_threshold(peaks, 0.05, 0.6)
    for name in ("detection", "false_alarms", "precision"):
        assert table[name].to_list() == curve[curve["threshold"] == 0.6][name].to_list()
        assert (table[f"{name}_low"] <= table[name]).all()
        assert (table[f"{name}_high"] >= table[name]).all()
    falls = curve.groupby("strategy")[["detection", "false_alarms"]].diff().dropna()
    assert (falls.to_numpy() <= 0).all(), "a higher threshold flags no more"


@pytest.mark.parametrize("repetitions", [1, 3])
def test_no_false_alarm_in_the_test_set_is_no_proof_of_none_in_use(repetitions):
    defective = np.tile(np.arange(400) < 200, (repetitions, 1))
    peaks = Peaks(("a",), np.where(defective, 0.9, 0.1)[:, None], defective)
    row = at_threshold(peaks, 0.001, 0.5).iloc[0]
    assert (row["detection"], row["false_alarms"], row["precision"]) == (1, 0, 1)
    assert row["false_alarms_low"] == 0
    assert 0.001 < row["false_alarms_high"] < 0.03
    assert row["precision_low"] < 0.5, "a rate of one in a hundred would drown the one in a thousand"


def test_an_interval_of_a_rate_has_the_noise_of_its_patches_once():
    """Repetitions with patches of their own: the spread between them is all the noise there is."""
    rng, covered, widths, spreads = np.random.default_rng(0), 0, [], []
    defective = np.tile(np.arange(120) < 60, (8, 1))
    for _ in range(150):
        flags = (rng.random((8, 1, 120)) < np.where(defective[:, None], 0.7, 0.1)).astype(np.float32)
        row = at_threshold(Peaks(("a",), flags, defective, overlap=0.0), 0.1, 0.5).iloc[0]
        covered += row["detection_low"] <= 0.7 <= row["detection_high"]
        widths.append(row["detection_high"] - row["detection_low"])
        spreads.append(row["detection"])
    assert covered >= 0.93 * 150
    assert np.mean(widths) < 1.4 * 2 * 1.96 * np.std(spreads), (
        "twice the variance would be 1.41 times as wide"
    )


def test_repetitions_that_share_their_patches_have_wider_intervals_of_rates():
    rng = np.random.default_rng(0)
    defective = np.tile(np.arange(120) < 60, (8, 1))
    flags = np.repeat((rng.random((1, 1, 120)) < 0.5).astype(np.float32), 8, axis=0)
    widths = [
        np.ptp(
            at_threshold(Peaks(("a",), flags, defective, share), 0.1, 0.5)[
                ["detection_low", "detection_high"]
            ]
        )
        for share in (0.0, 1.0)
    ]
    assert widths[1] > 2 * widths[0], "eight equal test sets tell as much as one"
