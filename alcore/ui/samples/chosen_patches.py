"""The parts of the Samples page."""

from __future__ import annotations

import time
from collections.abc import Mapping

import numpy as np
import streamlit as st

from alcore.acquisition import get_strategy
from alcore.config import RunConfig
from alcore.experiment.cycle_key import CycleKey
from alcore.presentation.imaging import is_predicted, outlined, png
from alcore.runs.index import RunRow
from alcore.runs.records import StoredRecord
from alcore.ui import address
from alcore.ui.gallery import OVERLAYS, legend_text, show_patch, tile_pictures
from alcore.ui.session import recorded_runs, run_config, run_dataset, run_records, show_run
from alcore.wording import plural

_SORTS = {"rank": "Order of choice", "score": "Score", "size": "Size of defect"}
_GALLERY_SIDE = 256


def choose_run(preferred: str | None) -> str | None:
    """Let the reader choose among runs that have at least one finished cycle; None where there is none."""
    rows = recorded_runs()
    if not rows:
        return None
    ids = list(rows)
    index = ids.index(preferred) if preferred in rows else 0
    address.settle("samples", {"run": [ids[index]]})
    return st.sidebar.selectbox(
        "Run",
        ids,
        index,
        format_func=lambda run_id: _title(rows[run_id]),
        key=f"samples_run-{ids[index]}",
        on_change=lambda: show_run(st.session_state[f"samples_run-{ids[index]}"]),
    )


def _title(row: RunRow) -> str:
    return f"{row.name} · {time.strftime('%Y-%m-%d %H:%M', time.localtime(row.created))}"


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
    telling = [rank for rank, name in enumerate(config.strategies) if get_strategy(name).score_name]
    first = st.selectbox(
        "Strategy",
        config.strategies,
        telling[0] if telling else 0,
        key=f"samples_first-{run_id}",
        persist_state="page",
    )
    others = [name for name in config.strategies if name != first]
    second = st.selectbox(
        "Side by side with",
        [None, *others],
        format_func=lambda name: name or "none",
        key=f"samples_second-{run_id}",
        persist_state="page",
    )
    repetition = st.selectbox(
        "Repetition",
        range(1, config.repetitions + 1),
        key=f"samples_repetition-{run_id}",
        persist_state="page",
    )
    cycle = _cycle_slider("Cycle", run_id, f"samples_cycle-{run_id}", first, repetition, start=2)
    return first, second, repetition, cycle


def _cycle_slider(label: str, run_id: str, widget: str, strategy: str, repetition: int, *, start: int) -> int:
    done = [key.cycle for key in run_records(run_id).committed_of(strategy, repetition)]
    last = run_config(run_id).cycles  # not of those done: a slider whose range grows forgets its value
    if last == 1:
        st.caption(f"{label}: 1")
        return 1
    first = min(start, max(done, default=1))
    return st.slider(label, 1, last, first, key=widget, help="Query 1 is random.", persist_state="page")


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
    size = run_config(run_id).query_count
    st.markdown(f"**{shared} of {size}** picks are the same in both.")


def _show_grid(run_id: str, key: CycleKey, sort: str, overlay: str, *, columns: int) -> None:
    query = run_records(run_id)[key]
    st.markdown(
        f"**{key.strategy}**, query {key.cycle}: {plural(query.items.size, 'patch')}, "
        f"{int(query.defective.sum())} defective"
    )
    rows = _sorted_rows(run_id, query, sort)
    tiles = tile_pictures(run_id, key, rows, overlay)
    for start in range(0, rows.size, columns):
        line = zip(st.columns(columns), rows[start : start + columns], tiles[start : start + columns])
        for column, row, (picture, caption) in line:
            column.image(picture, width="stretch", alt=_alt(query, int(row)))
            name = f"open-{key.stem}-{row}"
            if column.button(caption, key=name, help="Open it large", type="tertiary", width="stretch"):
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


def show_learning(run_id: str) -> None:
    """A fixed set of test patches; a slider plays the cycles."""
    config = run_config(run_id)
    with st.sidebar:
        strategy = st.selectbox(
            "Strategy", config.strategies, key=f"learn_strategy-{run_id}", persist_state="page"
        )
        repetition = st.selectbox(
            "Repetition",
            range(1, config.repetitions + 1),
            key=f"learn_repetition-{run_id}",
            persist_state="page",
        )
        cycle = _cycle_slider("After cycle", run_id, f"learn_cycle-{run_id}", strategy, repetition, start=1)
    key = CycleKey(repetition, cycle, strategy)
    if key not in set(run_records(run_id).committed()):
        st.info("This strategy has not come to this repetition yet.")
        return
    st.markdown(
        f"**{strategy}** after {plural(cycle * config.query_count, 'label')}, on the same test patches:"
    )
    pictures = _gallery(run_id, key)
    for start in range(0, len(pictures), 6):
        for column, (picture, caption) in zip(st.columns(6), pictures[start : start + 6]):
            column.image(picture, caption=caption, width="stretch", alt=f"test patch, {caption}")
    st.caption("Yellow outline: true mask · blue outline: the model's prediction")


@st.cache_data(max_entries=64, show_spinner=False)
def _gallery(run_id: str, key: CycleKey) -> list[tuple[bytes, str]]:
    record = run_records(run_id)[key]
    patches = run_dataset(run_id)
    items = record.gallery_items
    pictures = []
    for image, mask, probability in zip(
        patches.images(items), patches.masks(items), record.gallery_probability, strict=True
    ):
        predicted = is_predicted(probability)
        both, either = np.count_nonzero(mask & predicted), np.count_nonzero(mask | predicted)
        caption = f"IoU {both / either:.3f}" if mask.any() else f"clean, {plural(int(either), 'false pixel')}"
        picture = outlined(image, side=_GALLERY_SIDE, truth=mask, prediction=predicted)
        pictures.append((png(picture), caption))
    return pictures
