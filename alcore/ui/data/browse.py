"""The Data page's first part: the contents of a data set."""

from __future__ import annotations

import numpy as np
import streamlit as st

from alcore.data.collection import dataset_names
from alcore.data.overview import Overview, describe, largest_pools
from alcore.data.patches import Patches, Split, items_of
from alcore.presentation.chart_config import chart_config
from alcore.presentation.figures.defects import defect_areas, largest_pool_curve
from alcore.presentation.imaging import mosaic, outlined, png
from alcore.presentation.labels import PREVALENCES
from alcore.statistics.frames import each_row
from alcore.ui import problems
from alcore.ui.data import data_card_view
from alcore.ui.session import dataset
from alcore.wording import as_plain_markdown, percent, plural

_COLUMNS, _ROWS, _SIDE = 12, 4, 128
_KINDS = {"defective": "Defective", "clean": "Clean", "all": "All"}


def show() -> None:
    """Choose a data set; its numbers, its patches, and its warnings."""
    if renamed := st.session_state.pop(data_card_view.RENAMED, None):
        st.session_state["set"] = renamed
    name = st.selectbox("Data set", dataset_names(), key="set", bind="query-params")
    problems.show(data_card_view.PROBLEM)
    patches = dataset(name)
    overview = _overview(name, patches.fingerprint)
    _show_facts(patches, overview)
    kinds = ["Patches", "Data card"]
    if st.segmented_control("Shown", kinds, default=kinds[0], required=True, key="browse_view") == kinds[1]:
        data_card_view.show(name, patches)
        return
    if overview.warnings:
        st.warning("  \n".join(as_plain_markdown(warning) for warning in overview.warnings))
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**How large defects are**")
        st.plotly_chart(defect_areas(overview.area), key="areas", config=chart_config())
    with right:
        st.markdown("**The largest pool that can be built**, by its prevalence")
        pools = largest_pools(patches, PREVALENCES)
        st.plotly_chart(largest_pool_curve(pools), key="pools", config=chart_config())
    _browse(name, patches)


@st.cache_data(max_entries=16, show_spinner=False)
def _overview(name: str, fingerprint: str) -> Overview:
    return describe(dataset(name))


def _show_facts(patches: Patches, overview: Overview) -> None:
    height, width, channels = patches.shape
    facts = {
        "patches": f"{overview.patches:,}",
        "defective": f"{overview.defective:,}",
        "clean": f"{overview.labelled - overview.defective:,}",
        **({"without a label": f"{overview.unlabelled:,}"} if overview.unlabelled else {}),
        "prevalence": percent(overview.prevalence),
        "patch": f"{height} × {width}, {'grey' if channels == 1 else 'RGB'}",
    }
    for column, (label, value) in zip(st.columns(len(facts)), facts.items()):
        column.metric(label, value)
    parts = [
        f"{row.split} {row.patches:,} ({row.defective:,} defective, {percent(row.prevalence)})"
        for row in each_row(overview.splits)
    ]
    st.caption(f"Split: {' · '.join(parts)}. Pools come from train, test sets from test.")


def _browse(name: str, patches: Patches) -> None:
    """A mosaic to leaf through, with mask outlines."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        kind = st.segmented_control(
            "Patches",
            list(_KINDS),
            default="defective",
            required=True,
            format_func=_KINDS.get,
            key="browse_kind",
            persist_state="page",
        )
        side = st.selectbox(
            "Split",
            [None, *(side for side in Split if items_of(patches, side).size)],
            format_func=lambda side: "all" if side is None else side.name.lower(),
            key="browse_split",
            width=180,
            persist_state="page",
        )
        items = _items(patches, kind, side)
        pages = max(1, -(-items.size // (_COLUMNS * _ROWS)))
        page = st.number_input(
            f"Sheet of {pages}", 1, pages, key=f"browse_page-{name}-{kind}-{side}", width=160
        )
    if not items.size:
        st.info("There is no such patch.")
        return
    shown = items[(page - 1) * _COLUMNS * _ROWS :][: _COLUMNS * _ROWS]
    st.image(
        _sheet(name, patches.fingerprint, tuple(shown)), width="stretch", alt="patches with mask outlines"
    )
    st.caption(
        f"{plural(items.size, 'patch')}; outlined in yellow: the mask. This sheet begins with "
        f"{as_plain_markdown(patches.describe(int(shown[0])))}."
    )


def _items(patches: Patches, kind: str, side: Split | None) -> np.ndarray:
    items = np.arange(patches.defective.size) if side is None else items_of(patches, side)
    if kind == "all":
        return items
    known = items[patches.split[items] != Split.UNLABELLED]
    return known[patches.defective[known] == (kind == "defective")]


@st.cache_data(max_entries=32, show_spinner=False)
def _sheet(name: str, fingerprint: str, items: tuple[int, ...]) -> bytes:
    return sheet(dataset(name), np.array(items))


def sheet(patches: Patches, ids: np.ndarray, *, columns: int = _COLUMNS) -> bytes:
    """(n,) ids -> a PNG of their patches in rows, masks outlined."""
    ignored = patches.ignored(ids)
    unknown = [None] * ids.size if ignored is None else list(ignored)
    pictures = [
        outlined(image, side=_SIDE, truth=mask, ignored=dimmed)
        for image, mask, dimmed in zip(patches.images(ids), patches.masks(ids), unknown, strict=True)
    ]
    return png(mosaic(np.stack(pictures), np.zeros(ids.size, dtype=bool), columns=columns, side=_SIDE))
