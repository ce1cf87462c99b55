"""Campaigns that several tests look at, made once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from alcore.campaign.asking import next_batch
from alcore.campaign.campaign import Campaign
from alcore.campaign.taking import take_labels
from tests.campaign.helpers import answered, begin, export
from tests.shared import made_once


def _with_two_batches(folder: Path) -> None:
    """A home with a campaign whose second batch, chosen by a model, waits for its labels."""
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALCORE_HOME", str(folder / "home"))
        campaign = begin(folder)
        next_batch(campaign)
        take_labels(campaign, export("coco", answered(campaign, 1), folder / "first"))
        next_batch(campaign)


@pytest.fixture
def asked(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Campaign:
    """A campaign whose second batch, chosen by a model, waits for its labels."""
    shutil.copytree(made_once(tmp_path_factory, "campaign", _with_two_batches) / "home", home)
    return Campaign("line-1")
