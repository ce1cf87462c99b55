"""What a study tells scripts and the page that launched it."""

import json
import signal

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alcore.errors import StoreError
from alcore.study import launch as launch_module
from alcore.study.launch import last_outcome, launch, measure_plan
from alcore.study.study_events import (
    AxisCost,
    PlanReport,
    StudyEnded,
    StudyProgress,
    from_line,
    to_line,
)
from alcore.study.study_store import StudyStore
from tests.following import alcore, wait_for
from tests.study.helpers import OneByOne, plan_of, write_study

texts, counts, amounts = st.text(max_size=30), st.integers(0, 10**9), st.floats(0, 1e12)
events = st.one_of(
    st.builds(StudyProgress, counts, counts, counts, st.none() | amounts),
    st.builds(StudyEnded, texts, texts),
    st.builds(
        PlanReport,
        *(counts,) * 6,
        texts,
        *(amounts,) * 3,
        axes=st.lists(st.builds(AxisCost, texts, counts, counts, amounts)),
        kept=st.lists(texts),
    ),
)


@given(events)
def test_an_event_comes_back_from_its_line(event):
    line = to_line(event)
    assert "\n" not in line
    assert from_line(line) == event


@pytest.mark.parametrize("line", ["", "[]", '{"event": "plan"}', '{"event": "lunch"}', "{"])
def test_what_is_no_event_is_one_sentence(line):
    with pytest.raises(StoreError, match="no event"):
        from_line(line)


@pytest.mark.slow
def test_a_study_for_scripts_prints_one_object_per_line(tmp_path, monkeypatch):
    monkeypatch.setattr("alcore.study.engines.make_engine", lambda *_, **__: OneByOne())
    study = write_study(tmp_path / "s.json", grid={"seed": [1]})
    result = alcore("study", study, "--out", str(tmp_path / "out"), "--json")
    assert result.returncode == 0, result.stderr
    received = [from_line(line) for line in result.stdout.splitlines()]
    assert received[-2:] == [StudyProgress(2, 2, 0, 0.0), StudyEnded("finished")]
    assert all(event.event == "progress" for event in received[:-1])
    assert StudyStore(tmp_path / "out").outcome() == StudyEnded("finished")


@pytest.mark.slow
def test_bad_input_for_scripts_is_an_object_a_line_and_exit_2(tmp_path):
    study = write_study(tmp_path / "s.json", grid={"pool_prevalence": [7]})
    result = alcore("study", study, "--out", str(tmp_path / "out"), "--plan", "--json")
    assert result.returncode == 2
    (line,) = result.stdout.splitlines()
    assert json.loads(line)["status"] == "failed"
    assert "pool_prevalence" in json.loads(line)["message"]
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.slow
def test_why_a_launched_study_failed_is_known_after_its_process_is_gone(home):
    directory = launch("mine", plan_of(dataset="synthetic", pool_size=9000, query_size=2))
    wait_for(lambda: last_outcome(directory) is not None, "the study to fail")
    ended = last_outcome(directory)
    assert ended.status == "failed"
    assert "largest pool" in ended.message


@pytest.mark.slow
def test_a_launched_study_that_is_stopped_is_ended_and_says_so(home, monkeypatch):
    monkeypatch.setattr(launch_module, "_SECONDS_BETWEEN_LOOKS", 0.05)
    directory = launch("still", plan_of())
    process = psutil.Process(int(StudyStore(directory).ledger().notes()["process"]))
    process.send_signal(signal.SIGSTOP)
    wait_for(lambda: last_outcome(directory), "the study to be ended")
    assert "was stopped from outside (SIGSTOP)" in last_outcome(directory).message
    wait_for(lambda: not process.is_running(), "its process to be gone")


def test_a_plan_that_cannot_be_measured_says_why(home, monkeypatch):
    """Whose process is this one; `test_an_estimate_runs_two_cycles_of_the_real_thing` has its own."""
    monkeypatch.setattr(launch_module, "_said_by", lambda *words: alcore(*words).stdout.splitlines())
    with pytest.raises(StoreError, match="largest pool"):
        measure_plan(plan_of(dataset="synthetic", pool_size=9000, query_size=2))
