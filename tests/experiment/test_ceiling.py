import shutil

import numpy as np
import pytest

from alcore.compute.execution import execute
from alcore.config import make_config
from alcore.experiment.ceiling import train_ceiling
from alcore.experiment.repetition import draw_repetition
from alcore.storage.run_store import RunStore
from tests.conftest import SMALL
from tests.following import alcore, bytes_of

pytestmark = pytest.mark.slow


def test_it_trains_on_the_whole_pool_for_as_long_as_all_cycles_and_is_judged_like_them(small, surfaces):
    seen = []
    ceiling = train_ceiling(small, surfaces, 1, lambda *progress: seen.append(progress))
    draw = draw_repetition(small, surfaces, 1)
    assert ceiling.labelled == small.pool_size
    assert np.array_equal(ceiling.test_items, draw.test)
    assert ceiling.counts.sum(axis=1).tolist() == [64 * 64] * draw.test.size
    steps = small.training.steps * small.cycles
    assert ("training", steps, steps) in seen


def test_where_cycles_start_cold_it_trains_as_long_as_one(surfaces):
    cold = make_config(SMALL | {"training": SMALL["training"] | {"start": "cold"}})
    seen = []
    train_ceiling(cold, surfaces, 1, lambda *progress: seen.append(progress))
    assert max(total for phase, _, total in seen if phase == "training") == cold.training.steps


@pytest.mark.slow
def test_a_finished_run_gets_its_ceiling_and_nothing_else_changes(small_run, tmp_path):
    store = RunStore(shutil.copytree(small_run, tmp_path / "run"))
    before = bytes_of(store.directory)
    store.request_ceiling()
    execute(store)
    after = bytes_of(store.directory)
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {"ceiling/requested", "ceiling/r00001.npz", "ceiling.csv"}
    execute(store)
    assert bytes_of(store.directory) == after, "one is enough"


def test_the_command_line_finishes_a_run_and_trains_its_ceiling(tmp_path):
    store = RunStore.create(tmp_path / "run", make_config(SMALL | {"cycles": 1, "strategies": ["random"]}))
    result = alcore("ceiling", str(store.directory))
    assert result.returncode == 0, result.stderr
    assert store.ceilings() == [1]
    assert "iou" in (store.directory / "ceiling.csv").read_text()
    assert alcore("ceiling", str(tmp_path / "nowhere")).returncode == 2
