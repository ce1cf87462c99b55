"""The Lab's charts of the shown run: its curves as they grow, its queries, and what was just picked."""

from __future__ import annotations

import streamlit as st

from alcore.config import RunConfig
from alcore.metrics import METRICS
from alcore.presentation.figures.learning_curves import learning_curves, query_shares
from alcore.presentation.labels import METRIC_TITLES
from alcore.presentation.sentences import basis, curves_in_words, shares_in_words
from alcore.runs.index import RunRow
from alcore.statistics.comparison import curve_frame
from alcore.statistics.estimands import Evidence
from alcore.ui.click import Click
from alcore.ui.gallery import PICKS_NOTE, show_picks, show_query
from alcore.ui.session import record_count, run_config, run_evidence, run_selections, run_tables
from alcore.ui.stage import show_chart
from alcore.wording import percent, plural

_CHART_COLUMNS = (6, 4)
_QUERY_CLICK = Click("query")
"""On a point of a learning curve: strategy, repetition (0 for the mean), cycle."""


def show(row: RunRow, *, test_prevalence: float) -> None:
    """Learning curves and query shares of the shown run, and below them what each strategy picked last.

    Args:
        test_prevalence: at which the curves are shown; it need not be the run's own.
    """
    config, records = run_config(row.id), record_count(row.id)
    evidence = run_evidence(row.id, records)
    with st.container(key="stage"):
        left, right = st.columns(_CHART_COLUMNS, gap="small")
        with left, st.container(key="curves"):
            _curves(row.id, config, evidence, test_prevalence)
        with right, st.container(key="shares"):
            _show_shares(row.id, config, records)
    show_picks(row.id)


def tell(row: RunRow) -> None:
    """What the charts mean: for those who look at them at leisure, below all else."""
    config, records = run_config(row.id), record_count(row.id)
    evidence = run_evidence(row.id, records)
    sentences = [
        "Left, bands: " + (basis(evidence) if evidence else "95 % intervals, from the first cycle on."),
        "Right, grey band: what random drawing gives in 95 of 100 queries; dashed: π₀ = "
        f"{percent(config.pool_prevalence)}.",
        "Click a point of a curve to open that query's images.",
        PICKS_NOTE,
    ]
    st.caption("  \n".join(sentences))


def _show_shares(run_id: str, config: RunConfig, records: int) -> None:
    with st.container(key="shares_title"):
        st.markdown("**Defective patches in each query**")
    shares = run_selections(run_id, records)
    show_chart(query_shares(shares, config), f"shares-{run_id}", alt=shares_in_words(shares, config))


@st.fragment
def _curves(run_id: str, config: RunConfig, evidence: Evidence | None, test_prevalence: float) -> None:
    """The learning curves alone, so that a change of metric redraws nothing else."""
    metric, prevalence = _chart_choice(config, test_prevalence)
    points = run_tables(run_id).values(metric, prevalence)
    means = curve_frame(evidence, metric, prevalence)
    chart = f"curves-{run_id}"
    figure = learning_curves(
        points,
        means,
        config,
        metric=metric,
        repetitions=evidence.repetitions if evidence else 0,
        shows_each=st.session_state.get("each", False),
        is_whole_scale=st.session_state.get("whole_scale", False),
    )
    show_chart(
        figure,
        chart,
        alt=curves_in_words(means, metric, prevalence),
        on_point=lambda: _QUERY_CLICK.take(chart),
    )
    undefined = int(points["value"].isna().sum())
    if undefined:
        st.caption(
            f"{METRIC_TITLES[metric]} is undefined, and left out, in {undefined} of "
            f"{plural(len(points), 'point')}: there the model predicts no defect at all."
        )
    if _QUERY_CLICK.is_news():
        st.rerun()  # the dialog opens from the page


def open_clicked_query(run_id: str | None) -> None:
    """Show the images of the query whose point was clicked, until the reader closes them."""
    if _QUERY_CLICK.point and run_id:
        strategy, repetition, cycle = _QUERY_CLICK.point
        show_query(run_id, strategy, max(repetition, 1), cycle, on_dismiss=_QUERY_CLICK.forget)


def _chart_choice(config: RunConfig, test_prevalence: float) -> tuple[str, float]:
    with st.container(horizontal=True, vertical_alignment="center", wrap=False, key="chart_choice"):
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
            format_func=lambda name: f"{name} = {percent(prevalences[name])}",
            key="at",
            label_visibility="collapsed",
        )
        st.toggle("0 to 1", key="whole_scale")
        if config.repetitions > 1:
            st.toggle("Each repetition", key="each")
    return metric, prevalences[at]
