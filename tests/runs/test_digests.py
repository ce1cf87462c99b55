"""Results stay what they were, to the byte: digests where they can be compared, the plain loop elsewhere."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path

import pytest
import torch

from alcore.acquisition import strategy_names
from alcore.config import RunConfig, load_config, make_config
from alcore.data.synthetic import SyntheticPatches
from alcore.experiment.loop import run
from alcore.runs.execution import execute
from alcore.runs.records import to_arrays
from alcore.runs.run_store import RunStore
from alcore.runs.tables import RunTables
from tests.conftest import SMALL

TABLES = ("metrics.csv", "selections.csv", "counts.parquet")

PACKAGES = ("torch", "numpy", "segmentation-models-pytorch", "timm", "scikit-learn", "pandas", "pyarrow")
MADE_WITH = {
    "torch": "2.15.0",
    "numpy": "2.4.6",
    "segmentation-models-pytorch": "0.6.0",
    "timm": "1.0.31",
    "scikit-learn": "1.9.1",
    "pandas": "3.1.1",
    "pyarrow": "26.0.1",
    "cpu": "AVX512",
}
"""Versions of PACKAGES, and what torch found the CPU capable of, when the digests were taken."""

DIGESTS = {
    "ten-strategies": {
        "metrics.csv": "192c482f1b2cca8d298caf6328feec781454b2e898aea8772636696a25d3a845",
        "selections.csv": "f7cce2c858cafd5e1c77b90b1c9827989030c7ca0d0af6cc77a4cbde8ae0988e",
        "counts.parquet": "1195928d79316e191d9723b24cfbef6be9e6ccfa004d7c7f1824eca4455f194a",
    },
    "demo": {
        "metrics.csv": "255d4961998d89d38d3f49ac3acd470dc92d6adbf2fd6ee4d9febe58e25a5b08",
        "selections.csv": "21136530426e156f56deb519041f579db62609dfaa8eb1c4707c022fd2a429a6",
        "counts.parquet": "d4faf01a88ab209e6704c61b179f3d2bf149ea55b4c825d1fb4495bdebfe5460",
    },
}
"""SHA-256 of the tables; those of ten-strategies were first taken before records had a type of their own."""


def configs() -> dict[str, RunConfig]:
    """The runs that are held: all strategies at a small size, and the demo's first three cycles."""
    ten = SMALL | {"strategies": strategy_names(), "repetitions": 2, "threads": 1}
    return {
        "ten-strategies": make_config(ten),
        "demo": load_config("demo").model_copy(update={"cycles": 3, "threads": 1, "device": "cpu"}),
    }


def made_with() -> dict[str, str]:
    """The same of this machine."""
    return {name: version(name) for name in PACKAGES} | {"cpu": torch.backends.cpu.get_cpu_capability()}


def digests_of(directory: Path) -> dict[str, str]:
    """SHA-256 of the tables in a run's directory."""
    return {name: hashlib.sha256((directory / name).read_bytes()).hexdigest() for name in TABLES}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ten-strategies", "demo"])
def test_the_tables_are_what_they_were(tmp_path, name):
    config = configs()[name]
    store = RunStore.create(tmp_path / "run", config)
    execute(store)
    if made_with() == MADE_WITH:
        assert digests_of(store.directory) == DIGESTS[name]
    else:  # other versions may round otherwise, but never make the loop and the run differ
        assert digests_of(store.directory) == digests_of(_by_the_plain_loop(config, tmp_path / "plain"))


def _by_the_plain_loop(config: RunConfig, directory: Path) -> Path:
    store = RunStore.create(directory, config)
    for record in run(config, SyntheticPatches()):
        store.commit(record.key, to_arrays(record))
    RunTables(store).write()
    return store.directory
