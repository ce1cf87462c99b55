"""The parts of the Samples page."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import streamlit as st

from alcore.config import RunConfig
from alcore.experiment.cycle_key import CycleKey
from alcore.storage.records import StoredRecord
from alcore.ui.gallery import OVERLAYS, legend_text, places, show_patch, tile_pictures
from alcore.ui.samples.choose_query import choose_pair, cycle_slider
from alcore.ui.session import (
    data_of_run,
    run_config,
    run_dataset,
    run_records,
)
from alcore.wording import plural

_SORTS = {"rank": "Order of choice", "score": "Score", "size": "Size of defect"}


def show_chosen(run_id: str) -> None:
    """A query's patches as a grid; with a second strategy, both side by side and how much they share."""
    config = run_config(run_id)
    with st.sidebar:
        first, second, repetition, cycle = _choose_query(run_id, config)
        sort, overlay = _choose_view()
    names = [name for name in (first, second) if name is not None]
    keys = [CycleKey(repetition, cycle, name) for name in names]
    finished = set(run_records(run_id).committed())
    if second is not None and all(key in finished for key in keys):
        _show_overlap(run_id, *keys)
    for column, key in zip(st.columns(len(keys), gap="large"), keys):
        with column:
            if key in finished:
                _show_grid(run_id, key, sort, overlay, columns=8 // len(keys))
            else:
                st.info(f"{key.strategy} has not come to this cycle yet.")


def _choose_query(run_id: str, config: RunConfig) -> tuple[str, str | None, int, int]:
    first, second, telling_cycle = choose_pair(run_id, config, "samples")
    repetition = st.selectbox(
        "Repetition",
        range(1, config.repetitions + 1),
        key=f"samples_repetition-{run_id}",
        persist_state="page",
    )
    key = f"samples_cycle-{run_id}"
    cycle = cycle_slider("Cycle", run_id, key, first, repetition, start=telling_cycle)
    return first, second, repetition, cycle


def _choose_view() -> tuple[str, str]:
    overlay = _choose("Show", OVERLAYS, "outline", key="samples_overlay")
    return _choose("Sort by", _SORTS, "rank", key="samples_sort"), overlay


def _choose(label: str, titles: Mapping[str, str], default: str, *, key: str) -> str:
    return st.segmented_control(
        label,
        list(titles),
        default=default,
        required=True,
        format_func=titles.get,
        key=key,
        persist_state="page",
    )


def _show_overlap(run_id: str, one: CycleKey, other: CycleKey) -> None:
    records = run_records(run_id)
    shared = np.intersect1d(records[one].items, records[other].items).size
    size = run_config(run_id).chosen_in(one.cycle)
    st.markdown(f"**{shared} of {size}** picks are the same in both.")


def _show_grid(run_id: str, key: CycleKey, sort: str, overlay: str, *, columns: int) -> None:
    query = run_records(run_id)[key]
    st.markdown(
        f"**{key.strategy}**, query {key.cycle}: {plural(query.items.size, 'patch')}, "
        f"{int(query.defective.sum())} defective"
    )
    rows = _sorted_rows(run_id, query, sort)
    tiles = tile_pictures(run_id, key, rows, overlay, data_of_run(run_id))
    grid = places(rows.size, columns, key.stem)
    for place, row, (picture, caption) in zip(grid, rows, tiles, strict=True):
        place.image(picture, width="stretch", alt=_alt(query, int(row)))
        name = f"open-{key.stem}-{row}"
        if place.button(caption, key=name, help="Open it large", type="tertiary", width="stretch"):
            show_patch(run_id, key, int(row))
    st.caption(legend_text(has_prediction=key.cycle > 1))


def _alt(query: StoredRecord, row: int) -> str:
    """A patch in words, such as 'patch 566, defective, chosen first'."""
    kind = "defective" if query.defective[row] else "clean"
    return f"patch {query.items[row]}, {kind}, chosen {'first' if row == 0 else f'as number {row + 1}'}"


def _sorted_rows(run_id: str, query: StoredRecord, sort: str) -> np.ndarray:
    """Rows of a query in the order wanted; ties, and scores that are missing, keep the order of choice."""
    if sort == "score" and not np.isnan(query.scores).any():
        return np.argsort(-query.scores, kind="stable")
    if sort == "size":
        masks = run_dataset(run_id).masks(query.items)
        return np.argsort(-masks.sum(axis=(1, 2)), kind="stable")
    return np.arange(query.items.size)
