"""Why this one? The pool as the model saw it when a query was made, and the scores that it was made by."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from alcore.acquisition import get_strategy
from alcore.errors import StoreError
from alcore.experiment.cycle_key import CycleKey
from alcore.experiment.pool_map import PoolMap
from alcore.experiment.repetition import MAP_SIZE
from alcore.presentation.chart_config import chart_config
from alcore.presentation.figures.queries import pool_map as pool_map_figure
from alcore.presentation.figures.queries import score_distribution
from alcore.presentation.imaging import outlined, png
from alcore.ui import entrance
from alcore.ui.gallery import places
from alcore.ui.live import show_frames
from alcore.ui.session import data_of_run, run_config, run_dataset, run_records
from alcore.wording import plural

_SECONDS_A_CYCLE = 1.5
_COLUMNS, _MOST_IMAGES = 6, 24
_SIDE = 160


def show_why(run_id: str) -> None:
    """Choose a strategy and a query; its map, its scores, and the patches that the reader selects."""
    config = run_config(run_id)
    telling = [rank for rank, name in enumerate(config.strategies) if get_strategy(name).score_name]
    strategy = st.sidebar.selectbox(
        "Strategy",
        config.strategies,
        telling[0] if telling else 0,
        key=f"why_strategy-{run_id}",
        persist_state="page",
    )
    repetition = st.sidebar.selectbox(
        "Repetition", range(1, config.repetitions + 1), key=f"why_repetition-{run_id}", persist_state="page"
    )
    plays = st.sidebar.toggle("Play the queries", key=f"why_play-{run_id}", disabled=config.cycles < 3)
    keys = run_records(run_id).committed_of(strategy, repetition)
    if len(keys) < 2:
        st.info(
            f"{strategy} has made no query of its own yet: the first one is chosen "
            "before there is a model, for all strategies alike."
        )
        return
    if plays:
        _play(run_id, keys[-1])
    else:
        entrance.fragment()(_show_query)(run_id, CycleKey(repetition, 1, strategy), last=keys[-1].cycle)


def _play(run_id: str, last: CycleKey) -> None:
    """The maps of all queries, one after the other."""
    try:
        frames = [_frame(run_id, replace(last, cycle=cycle), last) for cycle in range(2, last.cycle + 1)]
    except StoreError as error:
        st.info(f"There are no maps to play. {error}")
        return
    with st.container(key="tall-maps"):
        show_frames(frames, f"maps-{run_id}-{last.strategy}-{last.repetition}", seconds=_SECONDS_A_CYCLE)
    st.caption("Stop playing to select patches, and to see their images.")


def _frame(run_id: str, key: CycleKey, last: CycleKey) -> tuple[str, go.Figure, str]:
    figure, (before, after) = _map(run_id, key, last)
    name = f"query {key.cycle} · covering radius {before:.3f} → {after:.3f}"
    return name, figure, f"The pool as {key.strategy} saw it, {name}"


def _map(run_id: str, key: CycleKey, last: CycleKey) -> tuple[go.Figure, tuple[float, float]]:
    """The map of a query, on the axes of all queries up to the last; the radius before and after."""
    frame, radii, spoke = _map_frame(run_id, key, data_of_run(run_id))
    reach, variance = _extent(run_id, last)
    figure = pool_map_figure(frame, strategy=key.strategy, spoke=spoke, reach=reach, variance=variance)
    return figure, radii


def _show_query(run_id: str, key: CycleKey, *, last: int) -> None:
    cycle = _choose_cycle(run_id, last)
    key = CycleKey(key.repetition, cycle, key.strategy)
    left, right = st.columns([6, 4], gap="medium")
    with right:
        _show_scores(run_id, key)
    with left:
        try:
            _show_map(run_id, key, last)
        except StoreError as error:
            st.info(f"There is no map of this query. {error}")


def _show_map(run_id: str, key: CycleKey, last: int) -> None:
    figure, (before, after) = _map(run_id, key, replace(key, cycle=last))
    frame, _, _ = _map_frame(run_id, key, data_of_run(run_id))
    event = st.plotly_chart(
        figure,
        key=f"map-{run_id}-{key.stem}",
        on_select="rerun",
        selection_mode=("points", "lasso", "box"),
        config=chart_config(displayModeBar="hover"),
    )
    some = "" if run_config(run_id).pool_size <= MAP_SIZE else " (of a sample of the pool)"
    st.caption(
        f"Each dot is a pool patch{some}, placed by the encoder's features (principal components, "
        f"fixed after cycle 1). **Covering radius {before:.3f} → {after:.3f}** with this query: the largest "
        "distance from any dot to its nearest labelled one. The dotted line joins these two; distances "
        "use all dimensions of the features, of which only two are shown. Click a dot, "
        "or draw around several, to see their images."
    )
    points = event["selection"]["points"]
    _show_selected(
        run_id, frame, [int(point["customdata"][0]) for point in points if point.get("customdata")]
    )


def _choose_cycle(run_id: str, last: int) -> int:
    if last == 2:
        st.caption("Query 2, the first that was not random")
        return 2
    slider = f"why_cycle-{run_id}"
    value = st.session_state.get(slider, 2)
    st.session_state[slider] = min(max(value, 2), last)
    help_text = "Query 1 is random, so there is nothing to explain."
    return st.slider("Query", 2, last, key=slider, help=help_text, persist_state="page")


@st.cache_data(max_entries=64, show_spinner=False)
def _map_frame(
    run_id: str, key: CycleKey, fingerprint: str
) -> tuple[pd.DataFrame, tuple[float, float], tuple[int, int]]:
    """One row a mapped patch: item, x, y, distance, defective, labelled_in (query, 0 for none), is_query; the
    covering radius before and after; the two items that it lies between.
    """
    records = run_records(run_id)
    pool_map = _pool_map(run_id, key)
    labelled_in = np.zeros(pool_map.items.size, dtype=int)
    for cycle in range(1, key.cycle + 1):
        queried = records[CycleKey(key.repetition, cycle, key.strategy)].items
        labelled_in[np.isin(pool_map.items, queried)] = cycle
    frame = pd.DataFrame(
        {
            "item": pool_map.items,
            "x": pool_map.xy[:, 0],
            "y": pool_map.xy[:, 1],
            "distance": pool_map.distance,
            "defective": run_dataset(run_id).defective[pool_map.items],
            "labelled_in": labelled_in,
            "is_query": labelled_in == key.cycle,
        }
    )
    radii, spoke = pool_map.radius, pool_map.spoke
    return frame, (float(radii[0]), float(radii[1])), (int(spoke[0]), int(spoke[1]))


def _pool_map(run_id: str, key: CycleKey) -> PoolMap:
    """The map of a query after the first; StoreError where an earlier version made the run without maps."""
    found = run_records(run_id)[key].pool_map
    if found is None:
        raise StoreError(f"An earlier version ran query {key.cycle}, without maps.")
    return found


@st.cache_data(max_entries=16, show_spinner=False)
def _extent(run_id: str, last: CycleKey) -> tuple[tuple[float, float, float, float], tuple[float, float]]:
    """Left, right, bottom and top of all maps up to the last cycle; shares of variance along both axes."""
    keys = [CycleKey(last.repetition, cycle, last.strategy) for cycle in range(2, last.cycle + 1)]
    every = np.concatenate([_pool_map(run_id, key).xy for key in keys])
    (left, bottom), (right, top) = every.min(axis=0), every.max(axis=0)
    axes = run_records(run_id)[keys[0]].axes
    variance = (0.0, 0.0) if axes is None else (float(axes.variance[0]), float(axes.variance[1]))
    reach = float(left), float(right), float(bottom), float(top)
    return reach, variance


def _show_scores(run_id: str, key: CycleKey) -> None:
    strategy = get_strategy(key.strategy)
    if not strategy.score_name:
        st.info(f"{key.strategy} gives no scores: {strategy.help}")
        return
    record = run_records(run_id)[key]
    candidates, scores = record.candidates, record.candidate_scores
    figure = score_distribution(
        scores,
        run_dataset(run_id).defective[candidates],
        chosen=scores[np.searchsorted(candidates, record.items)],
        strategy=key.strategy,
        score_name=strategy.score_name,
    )
    st.plotly_chart(figure, key=f"scores-{run_id}-{key.stem}", config=chart_config())


def _show_selected(run_id: str, frame: pd.DataFrame, items: list[int]) -> None:
    chosen = frame[frame["item"].isin(items)]
    if chosen.empty:
        return
    defective = int(chosen["defective"].sum())
    more = "" if len(chosen) <= _MOST_IMAGES else f"; the first {_MOST_IMAGES} are shown"
    st.markdown(f"**{plural(len(chosen), 'patch')} selected**, {defective} defective{more}")
    patches = run_dataset(run_id)
    shown = chosen.head(_MOST_IMAGES)
    ids = shown["item"].to_numpy()
    pictures = [
        png(outlined(image, side=_SIDE, truth=mask))
        for image, mask in zip(patches.images(ids), patches.masks(ids), strict=True)
    ]
    captions = [_caption(row) for row in shown.itertuples()]
    grid = places(len(pictures), _COLUMNS, "selected")
    for place, picture, caption in zip(grid, pictures, captions, strict=True):
        place.image(picture, caption=caption, width="stretch", alt=f"selected patch, {caption}")


def _caption(row: Any) -> str:  # noqa: ANN401  a row of a frame, which pandas leaves untyped
    if row.is_query:
        return "this query"
    if row.labelled_in:
        return f"query {row.labelled_in}"
    return f"not labelled, distance {row.distance:.3f}"
