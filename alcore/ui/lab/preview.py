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
from alcore.wording import percent

_COLUMNS, _ROWS, _SIDE = 20, 4, 64


def draw(config: RunConfig) -> RepetitionSplit:
    """The first repetition's pool; AlcoreError where it cannot be drawn."""
    return draw_repetition(config, dataset(config.dataset), 1)


def show_pool(config: RunConfig, drawn: RepetitionSplit) -> None:
    """Counts in a line, a mosaic of the pool, and π₀ against π₁."""
    defective = dataset(config.dataset).defective[drawn.pool]
    left, right = st.columns([7, 3], gap="medium", vertical_alignment="top")
    with left:
        picture, shown = _pool_mosaic(
            config.dataset, config.pool_size, config.pool_prevalence, config.seed, _drawn=drawn
        )
        st.image(picture, width="stretch", alt="thumbnails of the pool, defective ones framed in yellow")
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
    query = config.query_count
    none = chance_of_none(config.pool_size, defective, query)
    return (
        f"**Pool {config.pool_size}** · {defective} defective ({percent(defective / config.pool_size)}) · "
        f"**first query {query}**: {query * defective / config.pool_size:.1f} defective expected, "
        f"none with a chance of {percent(none)}"
    )


def show_problem(config: RunConfig | None, problem: AlcoreError) -> None:
    """Say why there is nothing to run, beside the sliders and where the pool would be."""
    st.sidebar.error(str(problem), icon=":material/error:")
    text = f"**No pool:** {problem}"
    if config is not None:
        text += f"  \n{_what_the_data_set_holds(config.dataset)}"
    st.error(text)


def _what_the_data_set_holds(name: str) -> str:
    try:
        patches = dataset(name)
    except AlcoreError:
        return ""
    defective = patches.defective[items_of(patches, Split.TRAIN)]
    return f"{name} has {defective.sum()} defective and {(~defective).sum()} clean patches to draw from."


@st.cache_data(max_entries=64, show_spinner=False)
def _pool_mosaic(
    name: str, size: int, prevalence: float, seed: int, *, _drawn: RepetitionSplit
) -> tuple[bytes, int]:
    patches = dataset(name)
    order = np.random.default_rng(seed).permutation(_drawn.pool)[: _COLUMNS * _ROWS]
    picture = mosaic(patches.images(order), patches.defective[order], columns=_COLUMNS, side=_SIDE)
    return png(picture), order.size
