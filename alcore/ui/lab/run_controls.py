"""The Lab's second row: the shown run, its state, and the buttons that control it.

Two small fragments tick. One draws nothing, so that it can look often: when a record has come, or a status
changed, it reruns the page once, and that draws the charts again. The other draws buttons and progress, once
a second. Ticking the charts themselves would take a tenth of a second of both browser and server each time,
and take it from the training.
"""

from __future__ import annotations

from collections import Counter

import streamlit as st

from alcore.access.roles import Action
from alcore.compute.clock import share_done
from alcore.compute.events import RunProgress
from alcore.config import RunConfig
from alcore.experiment.cycle_key import FULL_POOL, Phase
from alcore.machine import load_per_core
from alcore.presentation.sentences import cycles_finished
from alcore.server.index import RunRow
from alcore.server.live_runs import is_live
from alcore.ui import acting, entrance, problems
from alcore.ui.lab import live_play
from alcore.ui.lab.next_run import PROBLEM
from alcore.ui.permitted import permission
from alcore.ui.session import (
    REPLAY,
    is_recorded,
    is_replayed,
    manager,
    readable,
    record_count,
    run_config,
    run_row,
    run_store,
)
from alcore.wording import as_plain_markdown, clock, percent

_LIVE_TICK, _EAGER_TICK, _TICK, _IDLE_TICK = 0.3, 0.4, 1.0, 3.0
_SECONDS_TO_DRAW = 2.5


_SLOW_PACE, _BUSY_LOAD = 0.6, 1.5


def tick_of(row: RunRow | None) -> float:
    """Seconds between looks at a run: few while it is active, fewer while its first point is awaited."""
    if row is None or not row.is_active:
        return _IDLE_TICK
    if is_live(row.id):
        return _LIVE_TICK
    return _TICK if record_count(row.id) else _EAGER_TICK


def show(row: RunRow | None) -> None:
    """Pause, Step and Stop, with progress in a sentence; redraws the page when the run has come further."""
    drawn = _state(row)

    @entrance.fragment(run_every=tick_of(row))
    def watch() -> None:
        if _state(_look_again(row)) != drawn:
            st.rerun()
        if row is None or not row.is_active:
            manager().keep_spare(after=_SECONDS_TO_DRAW)

    @entrance.fragment(run_every=_TICK if row is not None and row.is_active else None)
    def controls() -> None:
        with st.container(horizontal=True, vertical_alignment="center", key="shown_run"):
            _pause_button(row)
            _command_button("Step", "step", row, ":material/skip_next:", "Finish one cycle, then pause")
            _command_button("Stop", "stop", row, ":material/stop:", "Stop the run; finished cycles are kept")
            if row is not None and row.is_resumable:
                _resume_button(row)
            if row is not None and row.is_finished and not is_recorded(row.id):
                _replay_button(row)
            with st.container(key="progress", width="stretch"):
                if row is None:
                    st.progress(0.0, text="**Shown:** no run yet")
                else:
                    _progress(row)
        if row is not None and row.status == "failed":
            st.error(as_plain_markdown(row.message), icon=":material/error:")
        announce(_spoken(row))

    controls()
    watch()


def _look_again(drawn: RunRow | None) -> RunRow | None:
    """The run to be shown by now; where nothing is, a recorded one is no reason to redraw the page."""
    run_id = live_play.shown()
    row = run_row(run_id) if run_id else None
    return None if drawn is None and row is not None and is_recorded(row.id) else row


def _state(row: RunRow | None) -> tuple[object, ...]:
    """All that the page draws of runs outside the ticking fragment."""
    active = tuple((other.id, other.status) for other in manager().index.rows() if other.is_active)
    if row is None or readable(row.id):
        return active
    return (row.id, row.status, row.name, _seen_records(row), active)


def _seen_records(row: RunRow) -> int:
    """How many records the page was drawn for, or cycles of a live run, which take a second each."""
    if not is_live(row.id):
        return record_count(row.id)
    finished = Counter(key.strategy for key in run_store(row.id).committed())
    return min(finished[name] for name in run_config(row.id).strategies)


def _command_button(
    label: str, command: str, row: RunRow | None, icon: str, help_text: str, key: str = ""
) -> None:
    usable = (
        row is not None
        and not manager().is_stopping(row.id)
        and (row.status in ("running", "paused") or (row.is_active and command == "stop"))
    )
    st.button(
        label,
        key=key or f"{label.lower()}_button",
        icon=icon,
        on_click=problems.attempt,  # a callback: it comes before anything that could rerun the page
        args=(PROBLEM, acting.command_run, row.id if row else "", command),
        **permission(Action.COMMAND_RUN, row.owner if row else "", help=help_text, disabled=not usable),
    )


def _pause_button(row: RunRow | None) -> None:
    """Pause or Continue, one button by its key: two would stand side by side while the page is redrawn, and
    push Step from under the pointer.
    """
    key = "pause_button"
    if row is not None and row.status == "paused":
        _command_button("Continue", "run", row, ":material/play_arrow:", "Continue from here", key)
    else:
        _command_button("Pause", "pause", row, ":material/pause:", "Pause the training where it is", key)


def _resume_button(row: RunRow) -> None:
    st.button(
        "Resume",
        key="resume_button",
        icon=":material/restart_alt:",
        on_click=problems.attempt,
        args=(PROBLEM, acting.resume_run, row.id),
        **permission(Action.COMMAND_RUN, row.owner, help="Continue from the last finished cycle"),
    )


def _replay_button(row: RunRow) -> None:
    is_on = is_replayed(row)
    if st.button(  # not by a callback: it changes the page outside this fragment
        "Leave replay" if is_on else "Replay",
        key="replay_button",
        icon=":material/movie:",
        help="Play the finished run again, at up to 16 times the speed, cycle by cycle",
    ):
        if is_on:
            del st.query_params[REPLAY]
        else:
            st.query_params[REPLAY] = "1"
        st.rerun()


def _progress(row: RunRow) -> None:
    config, progress = run_config(row.id), manager().progress(row.id)
    share = share_done(config, run_store(row.id).committed()) if progress is None else progress.share
    st.progress(min(share, 1.0), text=_status_text(row, config, progress))


def _status_text(row: RunRow, config: RunConfig, progress: RunProgress | None) -> str:
    name = f"**{'Live' if is_live(row.id) else 'Shown'}:** {as_plain_markdown(row.name)} · "
    if row.status == "queued":
        return name + _waiting(row)
    if not row.is_active:
        done = cycles_finished(config, record_count(row.id))
        why = f" ({as_plain_markdown(row.message)})" if row.status == "interrupted" and row.message else ""
        return name + (done if row.is_finished else f"{row.status}{why}, {done}")
    if manager().is_stopping(row.id):
        return f"{name}stopping… {cycles_finished(config, record_count(row.id))}"
    if progress is None:
        return name + ("paused at its start" if row.status == "paused" else "starting")
    where = f"cycle {progress.cycle} of {config.cycles} · {progress.phase} {progress.strategy}"
    if progress.strategy == FULL_POOL:
        where = f"ceiling · {progress.phase} on the full pool"
    if config.repetitions > 1:
        where = f"repetition {progress.repetition} of {config.repetitions} · {where}"
    time = clock(progress.elapsed)
    if progress.left is not None:
        time += f", about {clock(progress.left)} left"
    is_working = row.status == "running" and progress.phase != Phase.WAITING
    if is_working and (busy := busy_in_words(progress.pace, load_per_core())):
        time += f" · {busy}"
    if row.message and not is_live(
        row.id
    ):  # worth knowing while it goes on, such as fewer workers than asked for
        time += f" · {as_plain_markdown(row.message)}"
    return f"{name}{'paused in ' if row.status == 'paused' else ''}{where} · {time}"


def _waiting(row: RunRow) -> str:
    queue = manager().queue_with(row.id)
    if not queue or queue[0].id == row.id:
        return "queued, starts soon"
    paused = ", which is paused" if queue[0].status == "paused" else ""
    return f"queued, waits for {as_plain_markdown(queue[0].name)}{paused}"


def _spoken(row: RunRow | None) -> str:
    """The progress in a few words, which change only when a cycle, or the run, has ended."""
    if row is None:
        return ""
    return f"{row.name}: {row.status}, {cycles_finished(run_config(row.id), record_count(row.id))}"


def busy_in_words(pace: float | None, load: float | None) -> str:
    """What slows a run down; '' where nothing does.

    Args:
        pace: of its last cycles, as a share of its best; None where that is not known.
        load: processes that compute or wait to, for each core; None where that is not known.
    """
    slowed = ""
    if pace is not None and pace < _SLOW_PACE:
        slowed = f"this run is at {percent(max(round(pace, 1), 0.1))} of its best speed"
    if load is not None and load > _BUSY_LOAD:
        busy = f"the machine is busy, with {load:.1f} processes for each core"
        return f"{busy}: {slowed}" if slowed else busy
    return slowed


_announcer = st.components.v2.component(
    "alcore_announcer",
    html='<div role="status" aria-live="polite" style="position: absolute; clip-path: inset(50%)"></div>',
    js="""
    export default function ({ data, parentElement }) {
      const region = parentElement.querySelector("[role=status]");
      if (region.textContent !== data.text) region.textContent = data.text;  // each change is read aloud
    }
    """,
)


def announce(text: str) -> None:
    """Have a sentence read aloud when it differs from the last one; once on a page, with few words."""
    _announcer(key="announcer", data={"text": text})
