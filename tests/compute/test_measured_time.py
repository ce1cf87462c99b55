"""How long a repetition took, from when its records were written."""

import os
import shutil

import pytest

from alcore.compute.measured_time import seconds_per_repetition
from alcore.storage.run_store import RunStore


@pytest.fixture
def timed(tmp_path, small_run):
    """A run of one repetition, three strategies and three cycles, and a way to set when records came."""
    shutil.copytree(small_run, tmp_path / "run")
    store = RunStore(tmp_path / "run")

    def write_at(seconds):
        for key, second in zip(store.committed(), seconds, strict=True):
            os.utime(store.record_path(key), (1e9 + second, 1e9 + second))
        return seconds_per_repetition(store)

    return write_at


def test_the_first_cycle_is_reckoned_with_though_nothing_tells_when_it_began(timed):
    assert timed([0, 0, 0, 10, 20, 30, 40, 50, 60]) == pytest.approx(70), "6 of 7 equal parts were seen"


def test_a_night_between_two_cycles_is_not_work(timed):
    assert timed([0, 0, 0, 10, 20, 30, 30_000, 30_010, 30_020]) == pytest.approx(70)


def test_files_that_were_copied_tell_nothing(timed):
    assert timed([0] * 9) is None
    assert timed([0.01 * step for step in range(9)]) is None
