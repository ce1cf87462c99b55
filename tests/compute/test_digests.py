"""The numbers stay what they were, to the byte.

The digests are those of one set of library versions on one kind of CPU. Anywhere else floating point rounds
otherwise, and the files are compared with what the plain loop gives there.
"""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from alcore.config import RunConfig, load_config, make_config
from alcore.data.collection import open_dataset
from alcore.experiment.loop import CycleRecord, run
from alcore.metrics import class_means, counts_at_prevalence, metrics_from_counts
from tests.conftest import SMALL, train

WHERE = {
    "torch": "2.14.1",
    "numpy": "2.4.6",
    "segmentation-models-pytorch": "0.6.0",
    "timm": "1.0.31",
    "pandas": "3.1.1",
    "pyarrow": "26.0.1",
    "cpu": "AVX512 of AMD EPYC",
}
"""What the digests were taken with."""

TEN = SMALL | {
    "repetitions": 2,
    "strategies": [  # bald is the former name of tta-disagreement: a name is in the files, and in the streams
        *("random", "entropy", "core-set", "entropy-top", "entropy-max"),
        *("entropy-diverse", "bald", "badge", "typiclust", "oracle-random"),
    ],
}
LIGHT = SMALL | {
    "strategies": ["random", "entropy", "core-set", "badge", "typiclust", "mc-dropout", "tta-disagreement"],
    "first_query_by": "typiclust",
    "model": {
        "architecture": "hypercolumn",
        "encoder": "tu-tf_efficientnet_lite0",
        "encoder_weights": "imagenet",
        "freeze_encoder": True,
    },
}
CASES = {
    "light head": (
        make_config(LIGHT),
        {
            "metrics.csv": "c34bed08854c716d34dcaf0c5c420e208889a8f20982148bffb16198fcafa830",
            "selections.csv": "cc976feab73aa7ebe177cd144857310ac1a0a91f067978742270700eefd5a1a1",
            "counts.parquet": "461d7892c2208401d91ade7f8fa9897a3c304d7a376ca6baefbb81ffeda8c01a",
        },
    ),
    "ten strategies": (
        make_config(TEN),
        {
            "metrics.csv": "192c482f1b2cca8d298caf6328feec781454b2e898aea8772636696a25d3a845",
            "selections.csv": "e473b19a92e76733fd8a24bda6feb937f7b4d8cc43192d14dbb4eecb8f8b7b03",
            "counts.parquet": "1195928d79316e191d9723b24cfbef6be9e6ccfa004d7c7f1824eca4455f194a",
        },
    ),
    "demo from scratch, two cycles": (
        load_config("demo-scratch").model_copy(update={"threads": 1, "cycles": 2, "device": "cpu"}),
        {
            "metrics.csv": "ec8f0d4a45baeefae5eb6cd4ab428a4d5bdc5b1a5a7202caed09142c9390c9ed",
            "selections.csv": "16ed1d1f6fbbc6abdc263d4648c1595544530803f733a0a6a213ccceff751134",
            "counts.parquet": "5ff3cfb0e0dc9f752cf01a3283d3b499190a1a5a80dcd617ce63357c7e102188",
        },
    ),
}
"""Configs, and SHA-256 of the files of their runs."""


def here() -> dict[str, str]:
    """As WHERE, of this machine."""
    libraries = {name: version(name).partition("+")[0] for name in WHERE if name != "cpu"}
    return libraries | {"cpu": f"{torch.backends.cpu.get_cpu_capability()} of {cpu_model()}"}


def cpu_model() -> str:
    """As Linux names it; '' elsewhere."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "")


@pytest.mark.slow
@pytest.mark.parametrize(("config", "digests"), CASES.values(), ids=CASES)
def test_the_files_of_a_run_are_what_they_were(tmp_path: Path, config: RunConfig, digests: dict[str, str]):
    train(tmp_path / "run", config)
    if here() == WHERE:
        assert {name: sha256(tmp_path / "run" / name) for name in digests} == digests
    else:
        assert_files_are_the_plain_loops(tmp_path / "run", config)


def test_the_files_of_a_run_are_what_the_plain_loop_gives(small_run: Path, small: RunConfig):
    assert_files_are_the_plain_loops(small_run, small)


def sha256(file: Path) -> str:
    """The digest of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def assert_files_are_the_plain_loops(directory: Path, config: RunConfig) -> None:
    """Run the loop here, with no store and no process, and make the run's files from its records alone."""
    records = list(run(config, open_dataset(config.dataset)))
    for name, rows in (("metrics.csv", metric_rows), ("selections.csv", selection_rows)):
        frame = pd.DataFrame([row for record in records for row in rows(record, config)])
        assert (directory / name).read_text() == frame.to_csv(index=False, lineterminator="\n"), name
    expected = pd.concat([counts_of(record) for record in records], ignore_index=True)
    pd.testing.assert_frame_equal(pd.read_parquet(directory / "counts.parquet"), expected)


def identity(record: CycleRecord) -> dict[str, object]:
    """The columns that all files begin with."""
    key = record.key
    return {"strategy": key.strategy, "repetition": key.repetition, "cycle": key.cycle}


def metric_rows(record: CycleRecord, config: RunConfig) -> list[dict[str, object]]:
    """The two rows of a record in metrics.csv."""
    rows = []
    for prevalence in (config.pool_prevalence, config.test_prevalence):
        expected = counts_at_prevalence(record.counts, record.test_defective, prevalence)
        patch_iou = class_means(record.counts, record.test_defective)[1, 4]
        rows.append(
            identity(record)
            | {"labelled": record.labelled, "prevalence": prevalence}
            | {name: float(value) for name, value in metrics_from_counts(expected).items()}
            | {"patch_iou": float(patch_iou)}
            | dict(zip(("tp", "fp", "fn", "tn"), expected, strict=True))
        )
    return rows


def selection_rows(record: CycleRecord, config: RunConfig) -> list[dict[str, object]]:
    """The rows of a record in selections.csv, one per labelled patch."""
    chosen = record.selection
    picks = zip(chosen.items, chosen.scores, chosen.defective, strict=True)
    return [
        identity(record) | {"rank": rank, "item": item, "score": score, "defective": defective}
        for rank, (item, score, defective) in enumerate(picks, 1)
    ]


def counts_of(record: CycleRecord) -> pd.DataFrame:
    """The rows of a record in counts.parquet, one per test patch."""
    columns = dict(zip(("tp", "fp", "fn", "tn"), np.asarray(record.counts).T, strict=True))
    tested = {"item": record.test_items, "defective": record.test_defective} | columns
    return pd.DataFrame(identity(record) | tested | {"max_probability": record.max_probability})
