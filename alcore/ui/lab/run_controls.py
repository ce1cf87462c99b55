"""The Lab's controls of a run: Run, Pause, Step, Stop, and what the shown run is doing.

One small fragment ticks. When a record has come, or a status changed, it reruns the page once, and that draws
the charts anew. Ticking the charts themselves would take a tenth of a second of both browser and server each
time, and take it from the training.
"""

from __future__ import annotations

import streamlit as st

from alcore.config import RunConfig
from alcore.experiment.cycle_key import FULL_POOL
from alcore.runs.clock import share_done
from alcore.runs.events import RunProgress
from alcore.runs.index import RunRow
from alcore.ui import problems
from alcore.ui.session import manager, readable, record_count, run_config, shown_run
from alcore.wording import as_plain_markdown, clock, plural

_EAGER_TICK, _TICK, _IDLE_TICK = 0.4, 1.0, 3.0
_SECONDS_TO_DRAW = 2.5
_PROBLEM = "run"


def tick_of(row: RunRow | None) -> float:
    """Seconds between looks at a run: few while it is active, fewer while its first point is awaited."""
    if row is None or not row.is_active:
        return _IDLE_TICK
    return _TICK if record_count(row.id) else _EAGER_TICK


def show(row: RunRow | None, config: RunConfig | None) -> None:
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
            if row is not None and row.is_resumable:
                _resume_button(row)
        problems.show(_PROBLEM)
        if row is None:
            st.progress(0.0, text="No run yet: set the sliders and press **Run**.")
        else:
            _progress(row)
        if _state(_shown_row()) != drawn:
            st.rerun()
        if not active:
            manager().keep_spare(after=_SECONDS_TO_DRAW)

    fragment()


def _start(config: RunConfig) -> None:
    def submit() -> None:
        st.query_params["run"] = manager().submit(config)

    problems.attempt(_PROBLEM, submit)


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
        on_click=problems.attempt,  # a callback: it comes before anything that could rerun the page
        args=(_PROBLEM, manager().command, row.id if row else "", command),
    )


def _pause_button(row: RunRow | None) -> None:
    if row is not None and row.status == "paused":
        _command_button("Continue", "run", row, ":material/play_arrow:", "Continue from here")
    else:
        _command_button("Pause", "pause", row, ":material/pause:", "Hold the training where it is")


def _resume_button(row: RunRow) -> None:
    st.button(
        "Resume",
        key="resume_button",
        icon=":material/restart_alt:",
        help="Continue from the last finished cycle",
        on_click=problems.attempt,
        args=(_PROBLEM, manager().resume, row.id),
    )


def _progress(row: RunRow) -> None:
    config = run_config(row.id)
    records = record_count(row.id)
    progress = manager().progress(row.id)
    share = share_done(config, manager().store(row.id).committed()) if progress is None else progress.share
    st.progress(min(share, 1.0), text=_status_text(row, config, records, progress))
    if row.status == "failed":
        st.error(row.message, icon=":material/error:")
    elif row.status == "interrupted":
        st.warning(f"Interrupted: {row.message}. Resume continues from the last finished cycle.")


def _status_text(row: RunRow, config: RunConfig, records: int, progress: RunProgress | None) -> str:
    name = f"**{as_plain_markdown(row.name)}** · "
    if row.status == "queued":
        return name + "queued: waits for the device"
    if not row.is_active:
        return name + f"{row.status}, {records} of {plural(config.records, 'cycle')} of strategies done"
    if progress is None:
        return name + "starting"
    where = f"cycle {progress.cycle} of {config.cycles} · {progress.phase} {progress.strategy}"
    if progress.strategy == FULL_POOL:
        where = f"ceiling · {progress.phase} on the full pool"
    if config.repetitions > 1:
        where = f"repetition {progress.repetition} of {config.repetitions} · {where}"
    time = clock(progress.elapsed)
    if progress.left is not None:
        time += f", about {clock(progress.left)} left"
    return f"{name}{'paused in ' if row.status == 'paused' else ''}{where} · {time}"
