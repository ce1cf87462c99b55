"""The Lab's charts of the shown run: its curves as they grow, its queries, and what was just picked."""

from __future__ import annotations

import streamlit as st

from alcore.config import RunConfig
from alcore.metrics import METRICS
from alcore.presentation.figures.layout import CHART_HEIGHT
from alcore.presentation.figures.learning_curves import learning_curves, query_shares
from alcore.presentation.labels import METRIC_TITLES
from alcore.presentation.sentences import basis
from alcore.runs.index import RunRow
from alcore.statistics.comparison import curve_frame
from alcore.statistics.estimands import Evidence
from alcore.ui.click import Click
from alcore.ui.gallery import show_query, show_strip
from alcore.ui.session import record_count, run_config, run_evidence, run_selections, run_tables
from alcore.wording import percent, plural

_CHOICE_HEIGHT = 56  # of the row above the charts
_CHART_COLUMNS = (6, 4)
_QUERY_CLICK = Click("query")
"""On a point of a learning curve: strategy, repetition (0 for the mean), cycle."""


def show(row: RunRow | None, *, test_prevalence: float) -> None:
    """Learning curves, query shares and latest picks of the shown run, or what will be there.

    Args:
        test_prevalence: at which the curves are shown; it need not be the run's own.
    """
    if row is None:
        _placeholder()
        return

    config, records = run_config(row.id), record_count(row.id)
    evidence = run_evidence(row.id, records)
    left, right = st.columns(_CHART_COLUMNS, gap="medium")
    with left, st.container(key="curves"):
        _curves(row.id, config, evidence, test_prevalence)
    with right:
        with st.container(height=_CHOICE_HEIGHT, border=False):
            st.markdown("**Defective patches in each query**")
        figure = query_shares(run_selections(row.id, records), config)
        st.plotly_chart(figure, key=f"shares-{row.id}", config={"displayModeBar": False})
    st.caption(
        f"Grey band: what random drawing gives in 95 of 100 queries; dashed: π₀ = "
        f"{percent(config.pool_prevalence)}. Click a point of a curve to open that query's images."
    )
    if records:
        show_strip(row.id, records)


@st.fragment
def _curves(run_id: str, config: RunConfig, evidence: Evidence | None, test_prevalence: float) -> None:
    """The learning curves alone, so that a change of metric redraws nothing else."""
    metric, prevalence = _chart_choice(config, test_prevalence)
    points = run_tables(run_id).values(metric, prevalence)
    chart = f"curves-{run_id}"
    figure = learning_curves(
        points,
        curve_frame(evidence, metric, prevalence),
        config,
        metric=metric,
        repetitions=evidence.repetitions if evidence else 0,
        shows_each=st.session_state.get("each", False),
    )
    st.plotly_chart(
        figure,
        key=chart,
        on_select=lambda: _QUERY_CLICK.take(chart),
        selection_mode="points",
        config={"displaylogo": False},
    )
    undefined = int(points["value"].isna().sum())
    if undefined:
        st.caption(
            f"{METRIC_TITLES[metric]} is undefined, and left out, in {undefined} of "
            f"{plural(len(points), 'point')}: there the model predicts no defect at all."
        )
    if evidence:
        st.caption(f"Bands: {basis(evidence)}")
    if config.repetitions > 1:
        st.toggle("Show each repetition", key="each")
    if _QUERY_CLICK.is_news():
        st.rerun()  # the dialog opens from the page


def _placeholder() -> None:
    """Where the charts will be, before the first run; without plotly, whose loading would delay the page."""
    for column, text in zip(
        st.columns(_CHART_COLUMNS, gap="medium"),
        (
            "**Learning curves** of each strategy will grow here, one point per cycle.",
            "**Defects in each query** will be compared here with what random drawing gives.",
        ),
        strict=True,
    ):
        with column.container(border=True, height=CHART_HEIGHT + _CHOICE_HEIGHT, vertical_alignment="center"):
            st.markdown(text, text_alignment="center")


def open_clicked_query(run_id: str | None) -> None:
    """Show the images of the query whose point was clicked, until the reader closes them."""
    if _QUERY_CLICK.point and run_id:
        strategy, repetition, cycle = _QUERY_CLICK.point
        show_query(run_id, strategy, max(repetition, 1), cycle, on_dismiss=_QUERY_CLICK.forget)


def _chart_choice(config: RunConfig, test_prevalence: float) -> tuple[str, float]:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        metric = st.segmented_control(
            "Metric of the defect class",
            METRICS,
            default="iou",
            required=True,
            format_func=METRIC_TITLES.get,
            key="metric",
            label_visibility="collapsed",
        )
        prevalences = {"π₀": config.pool_prevalence, "π₁": test_prevalence}
        at = st.segmented_control(
            "Prevalence",
            list(prevalences),
            default="π₁",
            required=True,
            format_func=lambda name: f"at {name} = {percent(prevalences[name])}",
            key="at",
            label_visibility="collapsed",
        )
    return metric, prevalences[at]
