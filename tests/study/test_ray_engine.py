"""The Ray engine, on a cluster of several nodes on this machine."""

import os

import pytest

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

import ray
from ray.cluster_utils import Cluster

from alcore.data.collection import dataset_path, make_surfaces, open_dataset
from alcore.data.importing.importer import import_dataset
from alcore.data.importing.options import ImportOptions
from alcore.data.synthetic import SurfaceSettings
from alcore.errors import ConfigError
from alcore.study.engines import cluster as engine_module
from alcore.study.engines.cluster import RayEngine, RemoteBroker
from alcore.study.scheduler import run_study
from alcore.study.study_store import StudyStore
from tests.data.test_importers import make_folder
from tests.study.helpers import plan_of, run_alone, runs_of

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("ray")]


@pytest.fixture(scope="module")
def cluster():
    """A head without room for tasks, and two nodes with one CPU each, of which a test may kill one."""
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    nodes = [cluster.add_node(num_cpus=1), cluster.add_node(num_cpus=1)]
    yield cluster, nodes
    cluster.shutdown()


def test_two_nodes_give_the_bytes_of_runs_one_by_one_though_one_is_killed(
    tmp_path, cluster, longer, longer_alone
):
    cluster, nodes = cluster
    store = StudyStore.create(tmp_path / "study", longer)
    records = []

    def kill_one(standing):
        records.append(len(list(store.directory.glob("runs/*/records/r*.npz"))))
        if standing.finished >= 1 and len(nodes) == 2:
            cluster.remove_node(nodes.pop(), allow_graceful=False)

    standing = run_study(store, RayEngine(address=cluster.address), follow=kill_one)
    assert len(nodes) == 1
    assert (standing.finished, standing.failed) == (4, 0)
    assert runs_of(store.directory) == longer_alone


def test_a_node_without_the_data_set_gets_it_once(tmp_path, cluster, home, monkeypatch):
    make_surfaces("mine", SurfaceSettings(count=40, family="cast"))
    import_dataset(
        make_folder(tmp_path / "in"),
        dataset_path("photos"),
        format_name="folder",
        options=ImportOptions(patch=(64, 64)),
    )
    ray.init(address=cluster[0].address, log_to_driver=False)
    try:
        broker = RemoteBroker(actor=None)
        for name in ("mine", "photos"):
            broker.share(name)
            here = open_dataset(name)
            monkeypatch.setenv("ALCORE_HOME", str(tmp_path / "elsewhere"))
            monkeypatch.setattr(engine_module.tempfile, "gettempdir", lambda: str(tmp_path))
            engine_module._opened.clear()
            there = broker.patches(name)
            assert there.fingerprint == here.fingerprint
            assert (
                there.images(here.split.nonzero()[0][:3]) == here.images(here.split.nonzero()[0][:3])
            ).all()
            engine_module._opened.clear()
            monkeypatch.setattr(engine_module.tempfile, "mkdtemp", None)  # nothing is unpacked again
            assert broker.patches(name).fingerprint == here.fingerprint
            monkeypatch.undo()
            monkeypatch.setenv("ALCORE_HOME", str(home))
    finally:
        engine_module._opened.clear()
        ray.shutdown()


def test_a_ray_on_this_machine_sees_imported_data(tmp_path, home):
    import_dataset(
        make_folder(tmp_path / "in", count=60),
        dataset_path("mine"),
        format_name="folder",
        options=ImportOptions(patch=(64, 64)),
    )
    grid = {"dataset": ["mine", "synthetic"]}
    changes = {"pool_size": 20, "test_size": 6, "query_size": 2, "repetitions": 1, "cycles": 2}
    store = StudyStore.create(tmp_path / "study", plan_of(grid, **changes))
    standing = run_study(store, RayEngine(workers=1))
    assert (standing.finished, standing.failed) == (2, 0)
    assert runs_of(store.directory) == run_alone(store.plan, tmp_path)


def test_a_cluster_that_is_not_there_is_one_sentence():
    with pytest.raises(ConfigError, match=r"no Ray cluster can be joined at '127\.0\.0\.1:1'"):
        RayEngine(address="127.0.0.1:1").describe()


@pytest.mark.parametrize(
    ("gpus", "share", "device", "expected"),
    [(4, 0.25, "auto", 0.25), (4, 1.0, "cpu", 0), (0, 0.5, "auto", 0)],
)
def test_gpus_are_asked_for_in_parts_where_there_are_any(gpus, share, device, expected):
    config = plan_of(device=device, threads=2).cells[0].config
    needs = RayEngine(gpu_share=share)._needs(config, {"CPU": 8, "GPU": gpus})
    assert needs == {"num_cpus": 1, "num_gpus": expected}, "whatever threads says"
