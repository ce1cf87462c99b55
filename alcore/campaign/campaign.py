"""A campaign's directory as one object: its settings, its log, its records, and where it stands.

It is a run whose labels come from people. The cycle is that of `alcore.experiment.cycle`, cut in two where
the oracle would answer: `select` asks, `learn` trains on what came back. Nothing here imports torch before a
model has something to do.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from filelock import Timeout

from alcore.campaign.campaign_log import CampaignLog, History
from alcore.campaign.campaign_patches import CampaignPatches, campaign_split
from alcore.campaign.campaign_settings import (
    CampaignSettings,
    campaign_directory,
    checked_rule,
    chosen_strategy,
    new_directory,
    template_config,
)
from alcore.config import RunConfig, make_config
from alcore.data.collection import open_dataset
from alcore.data.patches import Split, labelled_items
from alcore.data.stored import StoredPatches
from alcore.errors import ConfigError, DataError, StoreError
from alcore.experiment.cycle_key import CycleKey
from alcore.home_files import map_npy
from alcore.storage.files import make_directory
from alcore.storage.run_store import RunStore

DEFAULT_SHARE = 0.1
"""Of each batch, drawn at random."""


class Campaign:
    """One campaign; what changes it holds its lock."""

    def __init__(self, name: str) -> None:
        """Open it.

        Raises:
            StoreError: there is none of that name, or it is damaged. ConfigError: its config cannot be used.
        """
        self.name, self.directory = name, campaign_directory(name)
        self.settings = CampaignSettings.read_from(self.directory)
        self.store = RunStore(self.directory)
        self.log = CampaignLog(self.directory / "log.jsonl")

    @property
    def config(self) -> RunConfig:
        """As of a run: it is one."""
        return self.store.config

    @cached_property
    def base(self) -> StoredPatches:
        """The data set; DataError where it is gone, or another than the campaign began with."""
        patches = imported(self.config.dataset)
        if patches.defective.shape != self.split.shape:
            raise DataError(f"the data set {patches.name!r} is not the one that {self.name} began with")
        return patches

    @cached_property
    def split(self) -> np.ndarray:
        """(M,) uint8 of `Split`, see `campaign_split`."""
        return np.array(map_npy(self.directory / "split.npy", advice="restore a backup"))

    def patches(self, history: History) -> CampaignPatches:
        """The data set with the labels that there are."""
        return CampaignPatches(self.base, self.split, history.labels)

    @contextmanager
    def held(self) -> Iterator[None]:
        """While nobody else changes the campaign; StoreError where somebody does."""
        try:
            with self.store.lock().acquire(timeout=0):
                self.store.sweep()
                yield
        except Timeout:
            raise StoreError(f"another process works on the campaign {self.name}; wait for it") from None

    def key(self, batch: int) -> CycleKey:
        """The cycle that a batch belongs to: batches count as cycles do."""
        return CycleKey(1, batch, self.config.strategies[0])

    @property
    def trained(self) -> int:
        """Batches that a model has been trained on; also the number of the latest record."""
        return len(self.store.committed())

    @property
    def given(self) -> int:
        """Labels that were there before anybody was asked."""
        return len(self.config.first_items)

    def images_of(self, batch: int) -> Path:
        """The folder that people get."""
        return self.directory / "batches" / f"{batch:04d}"

    def selection_of(self, batch: int) -> Path:
        """The file of a query, as its model chose it."""
        return self.directory / "selections" / f"{batch:04d}.npz"


@dataclass(frozen=True)
class Wishes:
    """What somebody wants of a new campaign; None where the template, or the data set, decides."""

    dataset: str
    template: str = "demo"
    strategy: str = ""
    query_size: int | None = None
    batches: int | None = None
    share: float = DEFAULT_SHARE
    rule: str = "all of the budget"
    seed: int | None = None
    owner: str = ""


def new_campaign(name: str, wishes: Wishes) -> Campaign:
    """Make a campaign, whole or not at all. Labels that are there are its first batch.

    Raises:
        AlcoreError: a name, data set or setting that cannot be used.
    """
    directory = new_directory(name)
    template = template_config(wishes.template)
    strategy, rule = chosen_strategy(wishes.strategy, template), checked_rule(wishes.rule)
    base = imported(wishes.dataset)
    seed = template.seed if wishes.seed is None else wishes.seed
    split = campaign_split(base, share=wishes.share, seed=seed)
    config = _config(template, wishes, base, split, {"strategies": [strategy], "seed": seed})
    _check(config, CampaignPatches(base, split, {}))
    make_directory(directory.parent)
    staging = Path(tempfile.mkdtemp(prefix=".partial-", dir=directory.parent))
    try:
        RunStore.create(staging, config)
        np.save(staging / "split.npy", split)
        for part in ("selections", "batches"):
            make_directory(staging / part)
        CampaignLog(staging / "log.jsonl").append("made")
        CampaignSettings(rule, wishes.owner, wishes.template).write_to(staging)
        staging.rename(directory)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return Campaign(name)


def imported(name: str) -> StoredPatches:
    """A data set that has images without a label, or had some; DataError for any other."""
    patches = open_dataset(name)
    if not isinstance(patches, StoredPatches) or not (patches.split == Split.UNLABELLED).any():
        raise DataError(
            f"every image of {name!r} has a label, so there is nothing to ask for; import the others with "
            "alcore data import --unlabelled"
        )
    return patches


def _config(
    template: RunConfig, wishes: Wishes, base: StoredPatches, split: np.ndarray, more: dict[str, Any]
) -> RunConfig:
    """A run's config, of which the data set decides what no template can know."""
    if not 0 < wishes.share <= 0.5:
        raise ConfigError(
            f"the random slice must be above 0 and at most 0.5 of a batch, got {wishes.share:g}"
        )
    values = template.model_dump(mode="json")
    for key in ("first_query", "first_query_by") if labelled_items(base).size else ():
        values.pop(key, None)
    pool = int((split == Split.TRAIN).sum())
    values |= {
        "dataset": wishes.dataset,
        "pool_size": pool,
        "repetitions": 1,
        "threads": 1,
        "random_slice": wishes.share,
        "first_items": labelled_items(base).tolist(),
        "query_size": wishes.query_size or min(template.query_count, pool),
        **more,
    }
    values["cycles"] = (wishes.batches or template.cycles) + bool(values["first_items"])
    return make_config(values, origin="the campaign")


def _check(config: RunConfig, patches: CampaignPatches) -> None:
    """Raise what a first batch would raise, before anything is written."""
    from alcore.compute.job_worker import check

    check(config, patches)
