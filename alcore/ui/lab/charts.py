"""The Lab's charts of the shown run: its curves as they grow, its queries, and what was just picked."""

from __future__ import annotations

import streamlit as st

from alcore.config import RunConfig
from alcore.metrics import METRICS
from alcore.presentation.aim_sentences import aim
from alcore.presentation.collapse import collapse_sentences
from alcore.presentation.figures.learning_curves import query_shares
from alcore.presentation.labels import PREVALENCES
from alcore.presentation.live_chart.curves import live_curves, live_run
from alcore.presentation.narration import MEANING, narrate, watched
from alcore.presentation.sentences import basis_of_bands, effective_patches, shares_in_words
from alcore.server.index import RunRow
from alcore.server.live_runs import kept_id
from alcore.statistics.estimands import Evidence
from alcore.ui.click import Click
from alcore.ui.gallery import PICKS_NOTE, show_picks, show_query
from alcore.ui.lab import live_play
from alcore.ui.live import show_curves, show_live_figure
from alcore.ui.session import record_count, run_config, run_evidence, run_selections, run_tables
from alcore.ui.setting_words import KEYS
from alcore.wording import percent

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
    earlier = live_play.earlier_shown() if live_play.is_played(row.id) else live_play.Earlier()
    narrate_run(config, evidence, test_prevalence)
    with st.container(key="stage"):
        left, right = st.columns(_CHART_COLUMNS, gap="small")
        with left, st.container(key="curves"):
            _curves(row.id, config, evidence, test_prevalence, earlier)
        with right, st.container(key="shares"):
            _show_shares(row.id, config, records, earlier)
    show_picks(row.id, earlier=earlier.picks)
    for sentence in collapse_sentences(run_tables(row.id).evaluations()):
        st.warning(sentence, icon=":material/trending_down:")


def narrate_run(config: RunConfig, evidence: Evidence | None, test_prevalence: float) -> None:
    """One sentence on what the newest finished cycle showed; its place is kept until there is one."""
    said = ""
    if evidence is not None:
        cycle = int(evidence.cycles[-1])
        said = narrate(evidence, config, prevalence=test_prevalence, cycle=cycle)
    with st.container(key="narration"):
        st.markdown(f"**{said}**" if said else "&nbsp;")
    if config.repetitions > 1:
        known = watched(evidence, config, prevalence=test_prevalence) if evidence is not None else ""
        with st.container(key="watched"):
            st.markdown(known or "&nbsp;")


def tell(row: RunRow, *, test_prevalence: float) -> None:
    """The meaning of the charts, at the bottom of the page."""
    config, records = run_config(row.id), record_count(row.id)
    evidence = run_evidence(row.id, records)
    sentences = [
        "Left, bands: "
        + (basis_of_bands(evidence) if evidence else "95 % intervals, from the first cycle on."),
        "Right, grey band: what random drawing gives in 95 of 100 queries; dashed: π₀ = "
        f"{percent(config.pool_prevalence)}.",
        MEANING,
        "Click a point of a curve to open that query's images.",
        PICKS_NOTE,
        aim(config, [test_prevalence]),
    ]
    if evidence is not None:
        sentences.insert(1, effective_patches(evidence, test_prevalence))
    st.caption("  \n".join(filter(None, sentences)))


def _name_of(run_id: str) -> str:
    """What a run's charts go by: those of live runs are one, which goes on from run to run."""
    return "live" if live_play.is_played(run_id) else run_id


def _show_shares(run_id: str, config: RunConfig, records: int, earlier: live_play.Earlier) -> None:
    with st.container(key="shares_title"):
        st.markdown("**Defective patches in each query**")
    shares = run_selections(run_id, records)
    figure = query_shares(shares, config, earlier=earlier.selections)
    show_live_figure(figure, f"shares-{_name_of(run_id)}", words=shares_in_words(shares, config))


def _curves(
    run_id: str,
    config: RunConfig,
    evidence: Evidence | None,
    test_prevalence: float,
    earlier: live_play.Earlier,
) -> None:
    """The learning curves; what is chosen in them acts in the browser."""
    run = live_run(
        evidence,
        strategies=config.strategies,
        pool_prevalence=config.pool_prevalence,
        pool_size=config.pool_size,
        each=run_tables(run_id).evaluations(),
    )
    curves = live_curves(
        [run],
        test_prevalence=test_prevalence,
        steps=PREVALENCES,
        metrics=METRICS,
        reach=config.budget * 1.04,
        turn=kept_id(run_id) if live_play.is_played(run_id) else "",
        earlier=earlier.runs,
    )
    show_curves(
        curves,
        f"curves-{_name_of(run_id)}",
        on_point=keep_point,
        on_prevalence=take_prevalence,
    )


def keep_point(point: tuple[str, int, int, int]) -> None:
    """Note a clicked point, whose query `open_clicked_query` opens."""
    _QUERY_CLICK.keep(tuple(point[:3]))


def take_prevalence(prevalence: float) -> None:
    """The chart's slider was released: set the sidebar's slider and the address to the same value."""
    st.session_state[KEYS["test_prevalence"]] = prevalence


def open_clicked_query(run_id: str | None) -> None:
    """Show the images of the query whose point was clicked, until the reader closes them."""
    if _QUERY_CLICK.point and run_id:
        strategy, repetition, cycle = _QUERY_CLICK.point
        show_query(run_id, strategy, max(repetition, 1), cycle, on_dismiss=_QUERY_CLICK.forget)
