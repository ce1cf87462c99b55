"""What travels to a live chart, read back."""

import base64

import numpy as np
import pytest

from alcore.metrics import RATIOS, Ratio
from alcore.presentation.live_chart.curves import live_curves, live_run, pack
from alcore.presentation.live_chart.page import one_module
from alcore.statistics.estimands import Evaluation, Evidence
from alcore.statistics.resampling import student_weights

CYCLES = np.arange(1, 4)
SIZES = (7, 3)


def unpacked(packed):
    return np.frombuffer(base64.b64decode(packed["data"]), f"<{packed['type']}")


def evidence(repetitions, resampled=None, sizes=None):
    means = np.random.default_rng(0).random((repetitions, 2, 3, 2, 5))
    share = np.zeros((repetitions, 2))
    return Evidence(
        *(("random", "entropy"), CYCLES, 10 * CYCLES, 100, 0.1, means, resampled, share), test_sizes=sizes
    )


def curves_of(run):
    return live_curves([run], test_prevalence=0.02, steps=(0.01, 0.02)).payload()


def test_a_packed_array_comes_back_exactly():
    for values in (np.random.default_rng(0).random((2, 3)), np.arange(-3, 3)):
        assert np.array_equal(unpacked(pack(values)), values.ravel())


def test_a_point_is_its_counts_and_the_iou_of_patches():
    given = evidence(4)
    found = unpacked(curves_of(live_run(given))["runs"][0]["means"]).reshape(4, 2, 3, 7)
    assert np.array_equal(found[..., :3], given.means[..., 0, :3])
    assert np.array_equal(found[..., 3:6], given.means[..., 1, :3])
    assert np.array_equal(found[..., 6], given.means[..., 1, 4])


def test_a_formula_travels_with_the_counts_that_it_takes(monkeypatch):
    given = evidence(4)
    assert curves_of(live_run(given))["metrics"]["dice"] == {
        "title": "Dice",
        "part": [2, 0, 0],
        "whole": [2, 1, 1],
        "column": None,
    }
    monkeypatch.setitem(RATIOS, "specificity", Ratio((0, 0, 0, 1), (0, 1, 0, 1)))
    payload = curves_of(live_run(given))
    found = unpacked(payload["runs"][0]["means"]).reshape(4, 2, 3, 9)
    assert np.array_equal(found[..., :8], given.means[..., :4].reshape(4, 2, 3, 8))
    assert payload["metrics"]["dice"]["whole"] == [2, 1, 1, 0]
    assert payload["metrics"]["patch_iou"]["column"] == 8


def test_half_the_weights_stand_for_all_of_them():
    half = unpacked(curves_of(live_run(evidence(4)))["weights"][4]).reshape(-1, 4)
    assert np.array_equal(np.concatenate([half, -half]), student_weights(4))


def test_resampled_means_travel_as_whole_numbers_without_columns_of_zeros():
    sums = np.random.default_rng(0).integers(1, 4000, size=(50, 2, 3, 2, 5)).astype(float)
    sums[..., 0, [0, 2]] = 0  # clean patches have no defect to find or to miss
    resampled = sums / np.array(SIZES)[:, None]
    sent = curves_of(live_run(evidence(1, resampled, SIZES)))["runs"][0]["replicates"]
    assert sent["columns"] == [1, 3, 4, 5]
    found = unpacked(sent["sums"]).reshape(50, 2, 3, 4)
    assert np.array_equal(found, np.stack([sums[..., 0, 1], *(sums[..., 1, k] for k in range(3))], axis=-1))


def test_resampled_means_need_the_numbers_of_patches():
    with pytest.raises(ValueError, match="numbers of patches"):
        live_run(evidence(1, np.ones((50, 2, 3, 2, 5))))


def test_before_the_first_cycle_there_are_strategies_and_no_points():
    run = curves_of(live_run(None, strategies=("random",), pool_prevalence=0.1, pool_size=50))["runs"][0]
    assert [look["strategy"] for look in run["strategies"]] == ["random"]
    assert run["points"] == 0
    assert run["means"] is None


def test_of_earlier_runs_only_means_travel():
    run, earlier = live_run(evidence(1)), live_run(evidence(4))
    payload = live_curves(
        [run], test_prevalence=0.02, steps=(0.02,), reach=5, turn="a-run", earlier=[earlier]
    ).payload()
    sent = payload["earlier"][0]
    assert sent["means"] == earlier.means
    assert (sent["each"], sent["replicates"], sent["ceiling"]) == ([], None, None)
    assert (payload["turn"], payload["reach"], payload["weights"]) == ("a-run", 5, {})


def test_records_of_a_repetition_are_a_line_in_the_order_of_cycles():
    records = [Evaluation("random", 1, cycle, 10 * cycle, np.full((2, 5), cycle)) for cycle in (2, 1, 3)]
    records.append(Evaluation("random", 2, 1, 10, np.zeros((2, 5))))
    lines = curves_of(live_run(evidence(2), each=records))["runs"][0]["each"]
    assert [(line["repetition"], line["cycles"]) for line in lines] == [(1, [1, 2, 3]), (2, [1])]
    assert unpacked(lines[0]["means"]).reshape(3, 7)[:, 0].tolist() == [1, 2, 3]


def test_one_module_imports_nothing():
    assert not [line for line in one_module().splitlines() if line.startswith("import")]
