"""A batch as people and their tools get it: one folder, whole or not at all.

    images/NAME.png      the patches, as the model sees them
    batch.csv            name, item, source, rank, score, why
    label-studio.json, label-studio.xml, cvat.xml, coco.json    the same batch for a tool, with predictions

Images of the random slice come first and without a prediction: an annotator who corrects a model's mask ends
nearer to it than one who draws, and by these images the model is judged.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from alcore.acquisition import get_strategy
from alcore.campaign.batch_image import BatchImage, image_name, png_of
from alcore.campaign.campaign import Campaign
from alcore.campaign.campaign_log import History
from alcore.campaign.tool_files import TOOL_FILES
from alcore.errors import StoreError
from alcore.storage.files import csv_text
from alcore.storage.records import read_selection

_UNFINISHED = ".unfinished-"


def images_of(campaign: Campaign, batch: int, history: History) -> list[BatchImage]:
    """The images of a batch: the random slice, then what the strategy chose, in its order."""
    selection, _ = read_selection(campaign.selection_of(batch))
    patches, asked = campaign.base, history.asked[batch]
    title = get_strategy(campaign.config.strategies[0]).score_name
    drawn = "random slice: judges the model, trains nothing"
    found = [_image(patches.describe(item), item, None, np.nan, drawn, None) for item in asked.slice]
    for row, item in enumerate(asked.chosen):
        score = float(selection.scores[row])
        why = "drawn at random" if np.isnan(score) else f"{title} {score:.4g}"
        seen = selection.probability[row] if len(selection.probability) else None
        found.append(_image(patches.describe(item), item, row + 1, score, why, seen))
    return found


def _image(
    described: str, item: int, rank: int | None, score: float, why: str, seen: np.ndarray | None
) -> BatchImage:
    return BatchImage(image_name(item, described), item, described, rank, score, why, seen)


def batch_table(images: Sequence[BatchImage]) -> pd.DataFrame:
    """One row per image: name, item, source, rank, score, why."""
    columns = ("name", "item", "source", "rank", "score", "why")
    rows = [[getattr(image, column) for column in columns] for image in images]
    return pd.DataFrame(rows, columns=list(columns)).astype({"rank": "Int64"})


def write_batch(campaign: Campaign, batch: int, history: History) -> Path:
    """Write a batch's folder, unless it is there; StoreError where that cannot be done."""
    target = campaign.images_of(batch)
    if target.exists():
        return target
    images = images_of(campaign, batch, history)
    staging: Path | None = None
    try:
        for left in target.parent.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(left, ignore_errors=True)
        staging = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=target.parent))
        (staging / "images").mkdir()
        pixels = campaign.base.images(np.array([image.item for image in images], dtype=np.int64))
        for image, own in zip(images, pixels, strict=True):
            (staging / "images" / image.name).write_bytes(png_of(own))
        (staging / "batch.csv").write_text(csv_text(batch_table(images)), encoding="utf-8")
        where = f"{campaign.name}/batches/{batch:04d}/images"
        for name, make in TOOL_FILES.items():
            (staging / name).write_text(make(images, campaign.base.shape[:2], where), encoding="utf-8")
        staging.chmod(0o755)
        staging.rename(target)
    except OSError as error:
        raise StoreError(f"{target} cannot be written: {error.strerror or error}") from None
    finally:
        if staging is not None:
            shutil.rmtree(staging, ignore_errors=True)
    return target
