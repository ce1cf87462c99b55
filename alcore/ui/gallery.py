"""Patches on a page: what a query chose, with masks, predictions, entropy and history."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from alcore.acquisition import get_strategy
from alcore.data.patches import Patches
from alcore.experiment.cycle_key import CycleKey
from alcore.presentation.chart_config import chart_config
from alcore.presentation.figures.queries import score_history
from alcore.presentation.imaging import (
    enlarge,
    entropy_picture,
    is_predicted,
    mask_picture,
    mosaic,
    outlined,
    png,
)
from alcore.presentation.labels import display_name, score_text
from alcore.presentation.palette import PREDICTION, TRUE_MASK
from alcore.statistics.frames import ScoreHistoryRow
from alcore.ui import entrance
from alcore.ui.session import data_of_run, run_config, run_dataset, run_records
from alcore.wording import as_plain_markdown, plural

_STRIP, _STRIP_SIDE = 24, 57  # together as wide as Streamlit shows without encoding them again: 1460 px
_TILE_SIDE, _LARGE_SIDE = 192, 384

OVERLAYS = {"outline": "Outlines", "entropy": "Entropy", "plain": "Image alone"}


def places(count: int, columns: int, key: str) -> list[DeltaGenerator]:
    """A place for each of so many pictures, row by row; a phone has four side by side.

    Args:
        key: of the grid, unlike others on the page.
    """
    grid = st.container(key=f"tiles-{key}")
    return [place for _ in range(0, count, columns) for place in grid.columns(columns)][:count]


def latest_cycle(run_id: str, strategy: str) -> CycleKey | None:
    """The key of a strategy's latest record; None without one."""
    keys = [key for key in run_records(run_id).committed() if key.strategy == strategy]
    return keys[-1] if keys else None


class Strip(NamedTuple):
    """A query as one image; how many of its patches are defective, of how many; that in words."""

    picture: bytes
    defective: int
    total: int
    alt: str


def show_picks(run_id: str, *, earlier: Mapping[str, Strip]) -> None:
    """Each strategy's latest picks: one image per strategy, with its place reserved until it comes.

    Args:
        earlier: of another run, by strategy: shown until there is one of this run.
    """
    config = run_config(run_id)
    with st.container(key="picks"):
        for strategy in config.strategies:
            strip = latest_strip(run_id, strategy)
            shown = strip or earlier.get(strategy)
            words, images = st.columns([2, 11], gap="small", vertical_alignment="center")
            count = f"{strip.defective} of {strip.total} defective" if strip else "no query yet"
            words.markdown(f"**{display_name(strategy)}**  \n{count}")
            picture = shown.picture if shown else _empty_strip(run_id, data_of_run(run_id))
            images.image(picture, width="content", alt=shown.alt if shown else "")


def latest_strip(run_id: str, strategy: str) -> Strip | None:
    """The strategy's newest query as one image, if there is one."""
    key = latest_cycle(run_id, strategy)
    return None if key is None else _strip(run_id, key, data_of_run(run_id))


def show_query(
    run_id: str, strategy: str, repetition: int, cycle: int, *, on_dismiss: Callable[[], None]
) -> None:
    """Open the images of one query in a dialog."""
    key = CycleKey(repetition, cycle, strategy)

    @entrance.dialog(f"{strategy}, query {cycle}, repetition {repetition}", on_dismiss=on_dismiss)
    def dialog() -> None:
        query = run_records(run_id)[key]
        st.markdown(f"{plural(query.items.size, 'patch')} chosen, **{int(query.defective.sum())} defective**")
        rows = np.arange(query.items.size)
        tiles = tile_pictures(run_id, key, rows, "outline", data_of_run(run_id))
        for place, (picture, caption) in zip(places(len(tiles), 6, "query"), tiles, strict=True):
            place.image(picture, caption=caption, width="stretch", alt=f"choice {caption}")
        st.caption(legend_text(has_prediction=key.cycle > 1))

    dialog()


@st.cache_data(max_entries=24, show_spinner=False)  # half a megabyte each
def tile_pictures(
    run_id: str, key: CycleKey, rows: np.ndarray, overlay: str, fingerprint: str
) -> list[tuple[bytes, str]]:
    """PNG pictures and captions of some of a query's patches.

    Args:
        rows: (k,) which of the query, in the order wanted.
        overlay: a key of `OVERLAYS`; entropy falls back to the image where there was no model.
        fingerprint: `data_of_run`.
    """
    patches = run_dataset(run_id)
    query = run_records(run_id)[key]
    items = query.items[rows]
    images, masks = patches.images(items), patches.masks(items)
    predictions = query.probability  # none in the first cycle, when there was no model
    tiles = []
    for position, row in enumerate(rows):
        probability = predictions[row] if len(predictions) else None
        picture = _tile(images[position], masks[position], probability, overlay)
        score = score_text(key.strategy, float(query.scores[row]))
        tiles.append((png(picture), f"{row + 1}. {score}" if score else f"{row + 1}."))
    return tiles


def _tile(image: np.ndarray, mask: np.ndarray, probability: np.ndarray | None, overlay: str) -> np.ndarray:
    if overlay == "entropy" and probability is not None:
        return entropy_picture(probability, side=_TILE_SIDE)
    if overlay == "outline":
        prediction = None if probability is None else is_predicted(probability)
        return outlined(image, side=_TILE_SIDE, truth=mask, prediction=prediction)
    return enlarge(image, _TILE_SIDE)


def show_patch(run_id: str, key: CycleKey, row: int) -> None:
    """Open one chosen patch: image, truth, prediction and entropy side by side, with its history."""
    patches = run_dataset(run_id)
    query = run_records(run_id)[key]
    item = int(query.items[row])

    @entrance.dialog(f"Patch {item}, choice {row + 1} of {key.strategy} in query {key.cycle}")
    def dialog() -> None:
        kind = "defective" if query.defective[row] else "clean"
        st.markdown(f"{as_plain_markdown(patches.describe(item))} · **{kind}**")
        probability = query.probability[row] if key.cycle > 1 else None
        _four_views(patches, item, probability)
        if probability is None:
            st.caption("The first query is chosen before there is a model: no prediction yet.")
        _show_history(run_id, key, item)

    dialog()


def _four_views(patches: Patches, item: int, probability: np.ndarray | None) -> None:
    image, mask = patches.images(np.array([item]))[0], patches.masks(np.array([item]))[0]
    views = {
        "image": enlarge(image, _LARGE_SIDE),
        "true mask": mask_picture(mask, side=_LARGE_SIDE, color=TRUE_MASK),
    }
    if probability is not None:
        prediction = is_predicted(probability)
        views["prediction before labelling"] = mask_picture(prediction, side=_LARGE_SIDE, color=PREDICTION)
        views["entropy (yellow: unsure)"] = entropy_picture(probability, side=_LARGE_SIDE)
    for column, (caption, picture) in zip(st.columns(4), views.items()):
        column.image(picture, caption=caption, width="stretch", alt=f"patch {item}, {caption}")


def _show_history(run_id: str, key: CycleKey, item: int) -> None:
    score_name = get_strategy(key.strategy).score_name
    if not score_name:
        st.caption(f"{key.strategy} gives no scores, so there is no history.")
        return
    history = score_history_of(run_id, key, item)
    if history.empty:
        st.caption("It was labelled in the first query, before any score was given.")
        return
    st.plotly_chart(score_history(history, score_name=score_name), key="history", config=chart_config())


def score_history_of(run_id: str, key: CycleKey, item: int) -> pd.DataFrame:
    """A patch's score and rank in each query until it was chosen: cycle, score, rank, candidates."""
    rows = []
    for cycle in range(2, key.cycle + 1):
        earlier = run_records(run_id)[CycleKey(key.repetition, cycle, key.strategy)]
        scores = earlier.candidate_scores
        score = scores[np.searchsorted(earlier.candidates, item)]
        rank = 1 + int(np.count_nonzero(scores > score))
        rows.append(ScoreHistoryRow(cycle, float(score), rank, scores.size))
    return pd.DataFrame(rows, columns=ScoreHistoryRow._fields)


def legend_text(*, has_prediction: bool) -> str:
    """The meaning of the outlines, for a caption."""
    text = "Yellow outline: true mask"
    return text + (
        " · blue outline: what the model predicted before it was labelled" if has_prediction else ""
    )


PICKS_NOTE = (
    "Just picked: the last query of each strategy in the order of choice, and how many of it are defective. "
    "Yellow frame: defective; yellow outline: true mask."
)
"""What the rows of `show_picks` mean."""


def strip_of(patches: Patches, items: np.ndarray, defective: np.ndarray) -> bytes:
    """`strip_picture` as a PNG of the size that pages show."""
    return png(strip_picture(patches, items, defective, side=_STRIP_SIDE))


def strip_picture(patches: Patches, items: np.ndarray, defective: np.ndarray, *, side: int) -> np.ndarray:
    """(q,) ids and (q,) bool -> a picture of the first of them in a row, masks outlined, defects framed.

    Args:
        side: of one patch, in pixels.
    """
    items, defective = items[:_STRIP], defective[:_STRIP]
    pictures = [
        outlined(image, side=side, truth=mask)
        for image, mask in zip(patches.images(items), patches.masks(items), strict=True)
    ]
    return mosaic(np.stack(pictures), defective, columns=len(pictures), side=side)


def picked_in_words(items: np.ndarray, defective: np.ndarray) -> str:
    """(q,) ids and (q,) bool in the order of choice -> 'patch 566, defective, chosen first; ...'."""
    shown = zip(items[:_STRIP], defective[:_STRIP])
    parts = [f"patch {item}, {'defective' if bad else 'clean'}" for item, bad in shown]
    return "; ".join([f"{parts[0]}, chosen first", *parts[1:]]) if parts else ""


@st.cache_data(max_entries=32, show_spinner=False)
def _strip(run_id: str, key: CycleKey, fingerprint: str) -> Strip:
    patches = run_dataset(run_id)
    query = run_records(run_id)[key]
    alt = f"Query {key.cycle} of {key.strategy}: {picked_in_words(query.items, query.defective)}"
    return Strip(
        strip_of(patches, query.items, query.defective),
        int(query.defective.sum()),
        int(query.items.size),
        alt,
    )


@st.cache_data(max_entries=4, show_spinner=False)
def _empty_strip(run_id: str, fingerprint: str) -> bytes:
    """A transparent image of the size that a query's will have."""
    patches = run_dataset(run_id)
    blank = np.zeros((1, *patches.shape), dtype=np.uint8)
    columns = min(_STRIP, run_config(run_id).first_count)
    strip = mosaic(blank, np.zeros(1, dtype=bool), columns=columns, side=_STRIP_SIDE).copy()
    strip[..., 3] = 0
    return png(strip)
