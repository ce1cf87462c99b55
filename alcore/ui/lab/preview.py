"""The pool that the sliders describe, before anything runs."""

from __future__ import annotations

import numpy as np
import streamlit as st

from alcore.config import RunConfig
from alcore.data.patches import Split, items_of
from alcore.errors import AlcoreError
from alcore.experiment.repetition import RepetitionSplit, draw_repetition
from alcore.presentation.imaging import mosaic, png
from alcore.presentation.palette import TRUE_MASK
from alcore.statistics.chance import chance_of_none
from alcore.ui.session import dataset
from alcore.ui.setting_words import KEYS
from alcore.wording import as_plain_markdown, percent, plural

_COLUMNS, _ROWS, _SIDE = 18, 10, 64


def draw(config: RunConfig) -> RepetitionSplit:
    """The first repetition's pool; AlcoreError where it cannot be drawn."""
    return draw_repetition(config, dataset(config.dataset), 1)


def show_pool(config: RunConfig, drawn: RepetitionSplit, *, is_folded: bool) -> None:
    """What the next run would draw from: a line of counts, a mosaic of the pool, and π₀ against π₁.

    Args:
        is_folded: show the line alone; a click opens the rest.
    """
    summary = pool_summary(config, drawn)
    if is_folded:
        with st.expander(summary, key="pool_line"):
            _show_mosaic(config, drawn)
    else:
        st.markdown(summary)
        _show_mosaic(config, drawn)


def _show_mosaic(config: RunConfig, drawn: RepetitionSplit) -> None:
    patches = dataset(config.dataset)
    defective = patches.defective[drawn.pool]
    left, right = st.columns([8, 3], gap="medium", vertical_alignment="top")
    with left:
        drawn_by = (config.pool_size, config.pool_prevalence, config.seed)
        picture, shown = _pool_mosaic(config.dataset, patches.fingerprint, *drawn_by, _drawn=drawn)
        alt = f"{shown} of {config.pool_size} patches of the pool, defective ones framed in yellow"
        st.image(picture, width="stretch", alt=alt)
        st.caption(f"{shown} of {config.pool_size} pool patches at random; defective ones framed in yellow")
    with right:
        st.html(_prevalence_bars(defective.mean(), config.test_prevalence))


def _prevalence_bars(pool_prevalence: float, test_prevalence: float) -> str:
    """Two bars of 100 % as HTML: a plotly chart would take longer to redraw than the slider to move."""
    return "".join(
        f"<div style='margin-bottom: 0.9rem'>{name} = {percent(share)}"
        "<div style='height: 1.4rem; border: 1px solid gray; background: rgba(140, 140, 140, 0.25)'>"
        f"<div style='height: 100%; width: {100 * share:.2f}%; background: {TRUE_MASK}'></div></div></div>"
        for name, share in (
            ("Pool: π₀", pool_prevalence),
            ("Deployment: π₁", test_prevalence),
        )
    )


def pool_summary(config: RunConfig, drawn: RepetitionSplit) -> str:
    """One line of Markdown: the pool and what its first query may expect."""
    defective = int(dataset(config.dataset).defective[drawn.pool].sum())
    query = config.first_count
    none = chance_of_none(config.pool_size, defective, query)
    return (
        f"**Pool {config.pool_size}** · {defective} defective ({percent(defective / config.pool_size)}) · "
        f"**first query {query}**: {query * defective / config.pool_size:.1f} defective expected, "
        f"{_chance(none)} chance that it contains no defect"
    )


def _chance(share: float) -> str:
    """A probability with one digit, if that distinguishes it from 0 and 1."""
    return percent(share) if share < 0.001 or share > 0.999 else f"{100 * share:.1f} %"


def show_problem(config: RunConfig | None, problem: AlcoreError) -> None:
    """Say why the settings cannot be run, with a button that corrects them if possible."""
    text = as_plain_markdown(str(problem))
    text = text[:1].upper() + text[1:]
    if config is not None:
        text += f"  \n{as_plain_markdown(_what_the_data_set_holds(config.dataset))}"
    with st.container(horizontal=True, vertical_alignment="center", key="no_pool"):
        st.error(text, icon=":material/error:", width="stretch")
        for label, key, value in _remedies():
            st.button(label, key=f"use-{key}", on_click=_use, args=(key, value))


def _remedies() -> list[tuple[str, str, int | None]]:
    """Buttons that make the queries fit the pool: label, key of the control, its new value."""
    pool, query, cycles = (
        st.session_state.get(KEYS[name], 0) for name in ("pool_size", "query_size", "cycles")
    )
    first = st.session_state.get(KEYS["first_query"]) or query
    if first + query * (cycles - 1) <= pool:
        return []
    if first > pool and first != query:
        return [("Make the first query as large as the others", KEYS["first_query"], None)]
    most = 1 + (pool - first) // query
    if first > pool:
        return [(f"Use a query size of {pool // cycles or 1}", KEYS["query_size"], pool // cycles or 1)]
    return [(f"Use {plural(most, 'cycle')}", KEYS["cycles"], most)]


def _use(key: str, value: int | None) -> None:
    st.session_state[key] = value


def _what_the_data_set_holds(name: str) -> str:
    try:
        patches = dataset(name)
    except AlcoreError:
        return ""
    defective = patches.defective[items_of(patches, Split.TRAIN)]
    return f"{name} has {defective.sum()} defective and {(~defective).sum()} clean patches to draw from."


@st.cache_data(max_entries=64, show_spinner=False)
def _pool_mosaic(
    name: str, fingerprint: str, size: int, prevalence: float, seed: int, *, _drawn: RepetitionSplit
) -> tuple[bytes, int]:
    patches = dataset(name)
    order = np.random.default_rng(seed).permutation(_drawn.pool)[: _COLUMNS * _ROWS]
    picture = mosaic(patches.images(order), patches.defective[order], columns=_COLUMNS, side=_SIDE)
    return png(picture), order.size
