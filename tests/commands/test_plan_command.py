"""Planning repetitions on the command line."""

import json

import numpy as np
import pytest

from alcore.statistics.planning import pilots, plan
from alcore.storage.evidence import gather
from alcore.storage.run_records import RunRecords
from alcore.storage.run_store import RunStore
from tests.following import alcore


def test_a_pilot_run_plans_for_all_its_strategies(run_of_three):
    result = alcore("plan", str(run_of_three), "--difference", "0.05")
    assert result.returncode == 0, result.stderr
    table = result.stdout.splitlines()
    assert "difference of 0.050 in AUBC (IoU at π₁ = 2 %) from random" in table[0]
    assert [line.split()[0] for line in table[3:5]] == ["entropy", "oracle-random"]
    assert "From 3 repetitions" in result.stdout


def test_scripts_get_the_numbers_of_the_planner(run_of_three):
    options = ("--metric", "recall", "--prevalence", "0.2", "--baseline", "entropy", "--json")
    answer = json.loads(alcore("plan", str(run_of_three), *options).stdout)
    assert (answer["event"], answer["metric"], answer["prevalence"], answer["pilot"]) == (
        "plan",
        "recall",
        0.2,
        3,
    )
    evidence = gather(RunRecords(RunStore(run_of_three)))
    wanted = plan(pilots(evidence.curves_with_shared_error("recall", 0.2), "entropy"), 0.02).to_dict(
        "records"
    )
    assert [row["strategy"] for row in answer["strategies"]] == ["random", "oracle-random"]
    for row, right in zip(answer["strategies"], wanted, strict=True):
        for name, value in row.items():
            is_number = name == "strategy" or np.isfinite(right[name])
            assert value == (right[name] if is_number else None), name


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--metric", "ioo"), "did you mean 'iou'"),
        (("--baseline", "core-set"), "has no 'core-set' to compare with"),
    ],
)
def test_what_a_run_does_not_have_is_one_line(run_of_three, options, words):
    result = alcore("plan", str(run_of_three), *options)
    assert result.returncode == 2
    assert words in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_one_repetition_plans_nothing(small_run):
    result = alcore("plan", str(small_run))
    assert result.returncode == 2
    assert "from the second one on" in result.stderr
