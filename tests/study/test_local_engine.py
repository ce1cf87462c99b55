"""The process pool: equal bytes, real deaths, and its size."""

import json
import os
import signal
import threading

import pandas as pd
import psutil
import pytest

from alcore.compute.capacity import Capacity, visible_gpus, workers_on_device
from alcore.study.engines import local, make_engine
from alcore.study.engines.local import LocalEngine
from alcore.study.scheduler import run_study
from alcore.study.study_store import StudyStore
from tests.following import alcore, start_alcore, wait_for
from tests.pace import pace
from tests.study.deadly import DeadlyEngine
from tests.study.helpers import OneByOne, plan_of, runs_of, write_study

pytestmark = pytest.mark.slow


def workers_below(pid):
    children = psutil.Process(pid).children(recursive=True)
    living = [child for child in children if child.status() != "zombie"]
    return [child for child in living if "spawn_main" in " ".join(child.cmdline())]


def watches_a_pool(thread):
    """Whether it is the thread of a pool's own; it ends when the pool is broken."""
    return type(thread).__name__ == "_ExecutorManagerThread"


def test_two_workers_give_the_bytes_of_runs_one_by_one_though_both_are_killed(tmp_path, alone):
    """While nobody waits for them, so that the next task finds a pool that is broken."""
    store = StudyStore.create(tmp_path / "study", plan_of())
    killed = []

    def kill_all(standing):
        if not killed and standing.finished >= 1:
            killed.extend(workers_below(os.getpid()))
            for worker in killed:
                worker.send_signal(signal.SIGKILL)
            wait_for(lambda: not workers_below(os.getpid()), "their deaths")
            wait_for(lambda: not any(map(watches_a_pool, threading.enumerate())), "the pool to notice")

    standing = run_study(store, LocalEngine(workers=2), follow=kill_all)
    assert len(killed) == 2
    assert (standing.finished, standing.failed) == (4, 0)
    assert runs_of(store.directory) == alone


def test_a_task_that_always_kills_its_process_is_given_up_and_the_others_are_done(tmp_path, monkeypatch):
    """Its workers die while they are waited for."""
    monkeypatch.setattr(local, "MOST_ATTEMPTS", 2)
    monkeypatch.setattr(local, "_SECONDS_BETWEEN_LOOKS", 0.05)  # every other process is stopped, not killed
    store = StudyStore.create(tmp_path / "study", plan_of(repetitions=1, cycles=1))
    standing = run_study(store, DeadlyEngine(workers=2))
    assert (standing.finished, standing.failed) == (1, 1)
    [(cell, _, message)] = store.ledger().failures()
    assert cell == store.plan.cells[1].id
    assert "was started 4 times" in message


def test_a_study_goes_on_after_ctrl_c_and_after_its_conductor_was_killed(tmp_path, alone):
    study, out = write_study(tmp_path / "study.json"), tmp_path / "study"

    def records():
        return len(list(out.glob("runs/*/records/r*.npz")))

    process = start_alcore("study", study, "--out", str(out), "--workers", "1")
    wait_for(records, "a record")
    process.send_signal(signal.SIGINT)
    assert process.wait(60 * pace()) == 130
    finished = [row["repetitions"] for row in pd.read_csv(out / "cells.csv").to_dict("records")]
    assert sum(finished) < 8, "only the cycle in progress was finished"

    there = records()
    process = start_alcore("study", str(out / "study.json"), "--out", str(out), "--workers", "2")
    wait_for(lambda: records() > there, "one record more")
    workers = workers_below(process.pid)
    assert workers
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_for(
        lambda: not any(worker.is_running() and worker.status() != "zombie" for worker in workers), "ends"
    )
    assert run_study(StudyStore(out), OneByOne()).finished == 4
    assert runs_of(out) == alone
    assert set(pd.read_csv(out / "cells.csv")["repetitions"]) == {2}


@pytest.mark.parametrize(
    ("changes", "arguments", "words"),
    [
        ({"grid": {"pool_size": [11_000]}}, (), "largest pool"),
        ({"grd": {}}, (), "did you mean 'grid'"),
        ({}, ("--engine", "rai"), "did you mean 'ray'"),
        ({}, ("--address", "auto"), "the local engine has none"),
    ],
)
def test_bad_input_is_one_line_exit_2_and_nothing_left(tmp_path, changes, arguments, words):
    study = write_study(tmp_path / "study.json", **changes)
    result = alcore("study", study, "--out", str(tmp_path / "out"), *arguments)
    assert result.returncode == 2, result.stderr
    assert words in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_plan_is_said_before_it_starts(tmp_path):
    study = write_study(tmp_path / "study.json")
    result = alcore("study", study, "--out", str(tmp_path / "out"), "--plan", "--repetitions", "3")
    assert result.returncode == 0, result.stderr
    assert "2 cells × 3 repetitions = 6 runs" in result.stdout
    assert "one more value of pool_prevalence adds 3 runs" in result.stdout
    assert "one more value of repetitions adds 2 runs" in result.stdout
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("room", "share", "expected"),
    [
        (Capacity(8, 64 * 2**30, ()), 1.0, [""] * 8),
        (Capacity(8, 4 * 2**30, ()), 1.0, [""] * 2),
        (Capacity(1, 2**20, ()), 1.0, [""]),
        (Capacity(32, 256 * 2**30, ("0", "1")), 1.0, ["0", "1"]),
        (Capacity(32, 256 * 2**30, ("0", "1")), 0.5, ["0", "1", "0", "1"]),
        (Capacity(2, 256 * 2**30, ("0", "1", "2", "3")), 0.25, ["0", "1"]),
        (Capacity(4, 256 * 2**30, ("0",)), 0.0, [""] * 4),
    ],
)
def test_a_pool_is_sized_to_cores_memory_and_gpus(room, share, expected):
    assert room.slots(gpu_share=share) == expected


@pytest.mark.parametrize(
    ("free_before", "free_after", "expected"),
    [(80, 79, 1 + int(0.9 * 79 / 1.5)), (80, 60, 1 + int(0.9 * 60 / 20.5)), (80, 1, 1), (10, 10, 18)],
)
def test_workers_that_share_a_gpu_fit_into_its_memory(free_before, free_after, expected):
    found = workers_on_device(free_before=free_before * 2**30, free_after=free_after * 2**30)
    assert found == expected


def test_a_named_gpu_is_not_hidden_from_its_workers(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    config = plan_of(device="cuda:1").cells[0].config
    assert set(LocalEngine(gpu_share=0.5)._slots(config)) == {None}


def test_gpus_are_those_that_cuda_may_see(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,GPU-5a")
    assert visible_gpus() == ("2", "GPU-5a")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert visible_gpus() == ()
    assert make_engine("local", workers=3).workers_for(plan_of().cells[0].config) == 3


def test_a_rehearsal_by_the_command_line(tmp_path):
    grid = {"seed": list(range(40))}
    study = write_study(tmp_path / "study.json", grid=grid)
    result = alcore("study", study, "--out", str(tmp_path / "out"), "--rehearsal")
    assert result.returncode == 0, result.stderr
    assert (
        sum(progress.finished for progress in StudyStore(tmp_path / "out").ledger().by_cell().values()) == 80
    )
    assert json.loads((tmp_path / "out" / "study.json").read_text())["grid"] == grid
