"""The Lab's live part: what the shown run is doing, its curves as they grow, and what was just picked.

One small fragment ticks: buttons and progress. When a record has come, or a status changed, it reruns the
page once, and that draws the charts anew. Ticking the charts themselves would take a tenth of a second of
both browser and server each time, and take it from the training.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from alcore.comparison import curve_frame
from alcore.config import RunConfig
from alcore.errors import AlcoreError
from alcore.figures.layout import CHART_HEIGHT
from alcore.figures.learning import learning_curves, query_shares
from alcore.findings import basis
from alcore.formatting import METRIC_TITLES, clock, percent, plural
from alcore.keys import FULL_POOL
from alcore.metrics import METRICS
from alcore.runs.index import RunRow
from alcore.statistics import Evidence
from alcore.ui.gallery import show_query, show_strip
from alcore.ui.session import (
    manager,
    readable,
    record_count,
    run_config,
    run_evidence,
    run_selections,
    run_tables,
    shown_run,
)

_EAGER_TICK, _TICK, _IDLE_TICK = 0.4, 1.0, 3.0
_SECONDS_TO_DRAW = 2.5
_CHOICE_HEIGHT = 56  # of the row above the charts
_CHART_COLUMNS = (6, 4)


def tick_of(row: RunRow | None) -> float:
    """Seconds between looks at a run: few while it is active, fewer while its first point is awaited."""
    if row is None or not row.is_active:
        return _IDLE_TICK
    return _TICK if record_count(row.id) else _EAGER_TICK


def transport(row: RunRow | None, config: RunConfig | None) -> None:
    """Run, Pause, Step, Stop, with progress. `config` is what Run would start; None where it cannot."""
    drawn = _state(row)

    @st.fragment(run_every=tick_of(row))
    def fragment() -> None:
        active = row is not None and row.is_active
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                "Run",
                key="run_button",
                type="primary",
                icon=":material/play_arrow:",
                disabled=config is None,
                on_click=_start,
                args=(config,),
            )
            _pause_button(row)
            _command_button("Step", "step", row, ":material/skip_next:", "Finish one cycle, then pause")
            _command_button("Stop", "stop", row, ":material/stop:", "Leave; finished cycles are kept")
            if row is not None and row.status in ("stopped", "failed", "interrupted"):
                _resume_button(row)
        if problem := st.session_state.pop("problem", None):
            st.error(problem)
        if row is None:
            st.progress(0.0, text="No run yet: set the sliders and press **Run**.")
        else:
            _progress(row)
        if _state(_shown_row()) != drawn:
            st.rerun()
        if not active:
            manager().keep_spare(after=_SECONDS_TO_DRAW)

    fragment()


def charts(row: RunRow | None, *, prevalence: float) -> None:
    """Learning curves, query shares and latest picks of the shown run, or what will be there.

    Args:
        prevalence: π₁, at which the curves are shown; it need not be the run's own.
    """

    if row is None:
        _placeholder()
        return

    config, records = run_config(row.id), record_count(row.id)
    evidence = run_evidence(row.id, records)
    left, right = st.columns(_CHART_COLUMNS, gap="medium")
    with left, st.container(key="curves"):
        _curves(row.id, config, evidence, prevalence)
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
def _curves(run_id: str, config: RunConfig, evidence: Evidence | None, in_use: float) -> None:
    """The learning curves alone, so that a change of metric redraws nothing else."""
    metric, prevalence = _chart_choice(config, in_use)
    points = run_tables(run_id).values(metric, prevalence)
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
        key=f"curves-{run_id}",
        on_select=_remember_click,
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
    if st.session_state.pop("just_clicked", False):
        st.rerun()  # the dialog opens from the page


def _placeholder() -> None:
    """Where the charts will be, before the first run; without plotly, whose loading would delay the page."""
    for column, text in zip(
        st.columns(_CHART_COLUMNS, gap="medium"),
        (
            "**Learning curves** of each strategy will grow here, one point a cycle.",
            "**Defects in each query** will be compared here with what random drawing gives.",
        ),
        strict=True,
    ):
        with column.container(border=True, height=CHART_HEIGHT + _CHOICE_HEIGHT, vertical_alignment="center"):
            st.markdown(text, text_alignment="center")


def open_clicked_query(run_id: str | None) -> None:
    """Show the images of the query whose point was clicked, until the reader closes them."""
    clicked = st.session_state.get("clicked_query")
    if clicked and run_id:
        strategy, repetition, cycle = clicked
        show_query(run_id, strategy, max(repetition, 1), cycle, on_dismiss=_forget_click)


def _forget_click() -> None:
    st.session_state.pop("clicked_query", None)
    st.session_state.pop("last_click", None)


def _chart_choice(config: RunConfig, in_use: float) -> tuple[str, float]:
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
        prevalences = {"π₀": config.pool_prevalence, "π₁": in_use}
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


def _remember_click() -> None:
    for key, state in st.session_state.items():
        if str(key).startswith("curves-") and state["selection"]["points"]:
            point = state["selection"]["points"][0]["customdata"]
            if point != st.session_state.get("last_click"):
                st.session_state["clicked_query"] = st.session_state["last_click"] = point
                st.session_state["just_clicked"] = True


def _start(config: RunConfig) -> None:
    try:
        st.query_params["run"] = manager().submit(config)
    except AlcoreError as error:
        st.session_state["problem"] = str(error)


def _shown_row() -> RunRow | None:
    run_id = shown_run()
    return manager().index.get(run_id) if run_id else None


def _state(row: RunRow | None) -> tuple[object, ...]:
    """All of a run that the page draws outside the ticking fragment."""
    return (row.id, row.status, row.name, record_count(row.id)) if row and not readable(row.id) else ()


def _command_button(label: str, command: str, row: RunRow | None, icon: str, help_text: str) -> None:
    usable = row is not None and (
        row.status in ("running", "paused") or (row.is_active and command == "stop")
    )
    st.button(
        label,
        key=f"{label.lower()}_button",
        icon=icon,
        help=help_text,
        disabled=not usable,
        on_click=_try,  # callbacks come before anything that could rerun the page and lose the click
        args=(manager().command, row.id if row else "", command),
    )


def _pause_button(row: RunRow | None) -> None:
    if row is not None and row.status == "paused":
        _command_button("Continue", "run", row, ":material/play_arrow:", "Go on from here")
    else:
        _command_button("Pause", "pause", row, ":material/pause:", "Hold the training where it is")


def _resume_button(row: RunRow) -> None:
    st.button(
        "Resume",
        key="resume_button",
        icon=":material/restart_alt:",
        help="Go on from the last finished cycle",
        on_click=_try,
        args=(manager().resume, row.id),
    )


def _try(action: Callable[..., None], *arguments: str) -> None:
    """Do it; what went wrong is shown under the buttons."""
    try:
        action(*arguments)
    except AlcoreError as error:
        st.session_state["problem"] = str(error)


def _progress(row: RunRow) -> None:
    config = run_config(row.id)
    total = config.repetitions * config.cycles * len(config.strategies)
    records = record_count(row.id)
    progress = manager().progress(row.id)
    share = records / total
    if progress is not None:
        within = progress["done"] / max(progress["total"], 1) if progress["phase"] == "training" else 0
        share = min(1.0, (progress["finished"] + 0.8 * within) / total)
        if progress["strategy"] == FULL_POOL:
            share = (progress["repetition"] - 1 + 0.8 * within) / config.repetitions
    st.progress(share, text=_status_text(row, config, records, progress))
    if row.status == "failed":
        st.error(row.message, icon=":material/error:")
    elif row.status == "interrupted":
        st.warning(f"Interrupted: {row.message}. Resume goes on from the last finished cycle.")


def _status_text(row: RunRow, config: RunConfig, records: int, progress: dict | None) -> str:
    name = f"**{_escape(row.name)}** · "
    if row.status == "queued":
        return name + "queued: waits for the device"
    if not row.is_active:
        total = config.repetitions * config.cycles * len(config.strategies)
        return name + f"{row.status}, {records} of {plural(total, 'cycle')} of strategies done"
    if progress is None:
        return name + "starting"
    where = f"cycle {progress['cycle']} of {config.cycles} · {progress['phase']} {progress['strategy']}"
    if progress["strategy"] == FULL_POOL:
        where = f"ceiling · {progress['phase']} on the full pool"
    if config.repetitions > 1:
        where = f"repetition {progress['repetition']} of {config.repetitions} · {where}"
    time = clock(progress["elapsed"])
    if progress["left"] is not None:
        time += f", about {clock(progress['left'])} left"
    return f"{name}{'paused in ' if row.status == 'paused' else ''}{where} · {time}"


def _escape(text: str) -> str:
    """Keep a run's name from being read as Markdown."""
    return "".join("\\" + sign if sign in "\\`*_{}[]()#+-.!|<>:$~" else sign for sign in text)
