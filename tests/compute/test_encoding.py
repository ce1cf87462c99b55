import json
import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from alcore.compute.crew import Crew
from alcore.compute.events import Note, RunProgress
from alcore.compute.execution import execute, execute_repetition
from alcore.config import make_config
from alcore.data.collection import open_dataset
from alcore.data.feature_shelf import kept_stores
from alcore.experiment.cycle_key import Phase
from alcore.experiment.repetition import draw_repetition
from alcore.home import IMPORT_ROOT
from alcore.storage.run_store import RunStore
from tests.conftest import SMALL

HEAD = {"architecture": "hypercolumn", "encoder": "tu-test_efficientnet", "freeze_encoder": True}
CONFIG = make_config(SMALL | {"model": HEAD, "cycles": 2, "strategies": ["random", "core-set"]})


@pytest.fixture
def computed(monkeypatch):
    """Every view that an encoder was asked for, in order."""
    from alcore.learning.frozen_encoder import FrozenFeatures

    views, compute = [], FrozenFeatures._compute

    def count(self, asked):
        views.extend(asked.tolist())
        return compute(self, asked)

    monkeypatch.setattr(FrozenFeatures, "_compute", count)
    return views


def content(directory):
    names = ("metrics.csv", "selections.csv", "operating.csv")
    records = sorted((directory / "records").iterdir())
    return [(directory / name).read_bytes() for name in names] + [path.read_bytes() for path in records]


def run(directory, config=CONFIG):
    heard = []
    with Crew.of_thread() as crew:
        execute(RunStore.create(directory, config), emit=heard.append, crew=crew)
    return heard


def test_patches_are_encoded_first_and_once_and_a_run_says_what_that_takes(tmp_path, computed):
    first = run(tmp_path / "one")
    patches = open_dataset("synthetic")
    seen = draw_repetition(CONFIG, patches, 1).seen
    (note,) = [event.message for event in first if isinstance(event, Note)]
    assert f"for {seen.size} patches are computed first and kept" in note
    assert "MB in" in note
    phases = [event.phase for event in first if isinstance(event, RunProgress)]
    assert phases[0] == Phase.ENCODING
    assert Phase.ENCODING not in phases[phases.index("training") :]
    assert sorted(view for view in computed if view < patches.defective.size) == seen.tolist()
    computed.clear()
    second = run(tmp_path / "two")
    assert not computed
    assert not [
        event for event in second if isinstance(event, Note) or getattr(event, "phase", "") == Phase.ENCODING
    ]
    assert content(tmp_path / "one") == content(tmp_path / "two")


@pytest.mark.slow
def test_runs_and_a_study_share_what_each_of_them_encodes(tmp_path, home):
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["alcore.compute.fork_server"])
    stores = [RunStore.create(tmp_path / name, CONFIG) for name in ("run", "other-run", "study")]
    children = [
        context.Process(target=_compute_and_log, args=(str(home), str(store.directory))) for store in stores
    ]
    for child in children:
        child.start()
    for child in children:
        child.join(300)
        assert child.exitcode == 0
    logs = [np.fromfile(f"{store.directory}.log", dtype=np.int64) for store in stores]
    computed = np.concatenate(logs)
    assert len(computed) == len(np.unique(computed)), "no patch twice"
    assert len(kept_stores()) == 1
    records = [
        [path.read_bytes() for path in sorted((store.directory / "records").iterdir())] for store in stores
    ]
    assert len(records[0]) == CONFIG.records
    assert records[0] == records[1] == records[2]


def _compute_and_log(home, directory):
    """In a process of its own: a run, or a study's task, that logs which views it computes."""
    from alcore.learning.frozen_encoder import FrozenFeatures

    os.environ["ALCORE_HOME"] = home  # the fork server has that of the process that started it
    store, compute = RunStore(Path(directory)), FrozenFeatures._compute
    with Path(f"{directory}.log").open("wb") as log:

        def logged(self, views):
            log.write(views.tobytes())
            return compute(self, views)

        FrozenFeatures._compute = logged
        if directory.endswith("study"):
            execute_repetition(store, open_dataset("synthetic"), 1, on_record=lambda _: None)
        else:
            with Crew.of_thread() as crew:
                execute(store, crew=crew)


@pytest.mark.slow
def test_killed_while_it_encodes_a_run_goes_on_to_the_same_bytes(tmp_path, home, monkeypatch):
    larger = CONFIG.model_copy(update={"pool_size": 400})
    (tmp_path / "config.json").write_text(larger.to_json())
    command = [sys.executable, "-m", "alcore", "run", str(tmp_path / "config.json")]
    child = subprocess.Popen(
        [*command, "--out", str(tmp_path / "killed"), "--json"],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(IMPORT_ROOT)},
        start_new_session=True,
        text=True,
    )
    for line in child.stdout:
        event = json.loads(line)
        if event.get("phase") == Phase.ENCODING and 0 < event["done"] < event["total"]:
            os.killpg(child.pid, signal.SIGKILL)
            break
    child.wait(60)
    assert child.returncode == -signal.SIGKILL, "it was still encoding"
    (store,) = kept_stores()
    assert 0 < store.views < 400
    with Crew.of_thread() as crew:
        execute(RunStore(tmp_path / "killed"), crew=crew)
    monkeypatch.setenv("ALCORE_HOME", str(home / "other"))
    run(tmp_path / "whole", larger)
    assert content(tmp_path / "killed") == content(tmp_path / "whole")


def test_a_light_head_on_kept_features_loads_no_networks_and_no_compiler():
    code = """
import sys
import numpy as np
from alcore.compute.job_worker import check, environment_of
from alcore.config import make_config
from alcore.data.synthetic import SurfaceSettings, SyntheticPatches
from alcore.experiment.cycle import CycleStart, Workbench
from alcore.experiment.cycle_key import CycleKey

model = {"architecture": "hypercolumn", "encoder": "tu-tf_efficientnet_lite0",
         "encoder_weights": "imagenet", "freeze_encoder": True}
sizes = {"pool_size": 12, "test_size": 4, "query_size": 4, "pool_prevalence": 0.5, "cycles": 2}
rest = {"dataset": "synthetic", "training": {"steps": 2}, "device": "cpu"}
config = make_config(sizes | rest | {"model": model})
patches = SyntheticPatches(SurfaceSettings(count=60))
check(config, patches)
assert environment_of(config, patches)["encoder_digest"]
Workbench(config, patches).cycle(CycleStart(CycleKey(1, 1, "random")), lambda _: None)
slow = ("segmentation_models_pytorch", "timm", "torchvision", "torch._dynamo", "pandas")
print(*[name for name in slow if name in sys.modules])
"""
    for loaded in ("segmentation_models_pytorch timm torchvision torch._dynamo", ""):
        done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
        assert done.stdout.split() == loaded.split()
