"""Shared fixtures: a home of its own for every test, small settings, and surfaces drawn once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from alcore.config import RunConfig, make_config
from alcore.data.synthetic import SyntheticPatches
from alcore.server.processes import SPARE
from tests.pace import pace
from tests.shared import made_once

ROOT = Path(__file__).resolve().parent.parent

# Threads of torch that wait for one another sleep instead of spinning: where several processes test side by
# side, spinning ones take the cores from those that they wait for. It is read when torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# How long an example takes says nothing of what is tested: the first one may load torch.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")

_MINUTES_OF_ALL, _MINUTES_OF_QUICK = 15, 5
"""On the quiet reference machine of `tests/pace.py`, two processes side by side."""

SMALL = {
    "dataset": "synthetic",
    "pool_size": 80,
    "pool_prevalence": 0.2,
    "test_size": 24,
    "query_size": 6,
    "cycles": 3,
    "training": {"steps": 3, "batch_size": 6},
    "model": {"encoder": "tu-test_efficientnet", "options": {"decoder_channels": [16, 8, 8, 8, 8]}},
    "threads": 1,
    "device": "cpu",
}
"""A run of a few seconds; on one thread, which leaves the other cores to other tests."""


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say at the start about how long it will take, where all is tested."""
    minutes = {"": _MINUTES_OF_ALL, "not slow": _MINUTES_OF_QUICK}.get(config.option.markexpr)
    if config.args_source is not pytest.Config.ArgsSource.TESTPATHS or minutes is None:
        return None
    return f"about {round(minutes * pace())} minutes: this machine takes {pace():.1f} times the reference's"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow tests first, or one process would be left with them at the end; a file's tests stay together.

    Those in a browser, which all share one process, take longest and begin.

    With `--dist loadgroup` all tests of a group run in one process. Slow tests are a group each, if they do
    not name one.
    """
    items.sort(key=_turn)  # stable
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            is_slow = item.get_closest_marker("slow") is not None
            item.add_marker(pytest.mark.xdist_group(item.nodeid if is_slow else item.path.stem))


def _turn(item: pytest.Item) -> int:
    return next((turn for turn, mark in enumerate(("browser", "slow")) if item.get_closest_marker(mark)), 2)


@pytest.fixture(scope="session", autouse=True)
def no_spare() -> Iterator[None]:
    """No server starts a worker before a run asks for one: most tests of pages compute nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SPARE, "no")
        yield


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """ALCORE_HOME in a temporary directory."""
    path = tmp_path / "home"
    monkeypatch.setenv("ALCORE_HOME", str(path))
    return path


@pytest.fixture
def small() -> RunConfig:
    """The config of a run of a few seconds."""
    return make_config(SMALL)


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a finished run of the small config; not to be changed."""
    return made_once(tmp_path_factory, "small-run", lambda path: train(path, SMALL))


@pytest.fixture(scope="session")
def run_of_three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a finished run of three repetitions; not to be changed."""
    config = SMALL | {"repetitions": 3, "cycles": 2, "strategies": ["random", "entropy", "oracle-random"]}
    return made_once(tmp_path_factory, "run-of-three", lambda path: train(path, config))


@pytest.fixture(scope="session")
def finished_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a finished study of the plan that `plan_of` makes; not to be changed."""
    return made_once(tmp_path_factory, "study", _conduct)


def _conduct(path: Path) -> None:
    from alcore.study.scheduler import run_study  # seconds of torch, as above
    from alcore.study.study_store import StudyStore
    from tests.study.helpers import OneByOne, plan_of

    run_study(StudyStore.create(path, plan_of()), OneByOne())


def train(path: Path, config: RunConfig | dict[str, object]) -> None:
    """Run a config, or the values of one, to its end in a new directory."""
    from alcore.compute.execution import execute  # seconds of torch, which most tests do without
    from alcore.storage.run_store import RunStore

    execute(RunStore.create(path, config if isinstance(config, RunConfig) else make_config(config)))


@pytest.fixture(scope="session")
def surfaces() -> SyntheticPatches:
    """The built-in data set; patches drawn by one test serve the next."""
    return SyntheticPatches()


@pytest.fixture(scope="session")
def magnetic_tile() -> Path:
    """The real data set's folder, where MAGNETIC_TILE_DIR names it."""
    path = os.environ.get("MAGNETIC_TILE_DIR")
    if not path:
        pytest.skip("MAGNETIC_TILE_DIR is not set")
    return Path(path)
