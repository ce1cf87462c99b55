"""The Lab's first row: what the sliders would start, how it differs from what is shown, its queue."""

from __future__ import annotations

from typing import Any

import streamlit as st

from alcore.access.roles import Action
from alcore.config import RunConfig
from alcore.experiment.run_identity import run_fingerprint
from alcore.server.index import RunRow
from alcore.server.live_runs import is_live
from alcore.ui import acting, presenter, problems
from alcore.ui.lab import live_play
from alcore.ui.permitted import permission
from alcore.ui.scene_menu import menu
from alcore.ui.session import is_recorded, manager, run_config, show_run
from alcore.ui.setting_words import differences
from alcore.wording import as_plain_markdown, plural

NAME = "new_run_name"
"""Key of the control in which a name may be given before a run is started."""
PROBLEM = "run"
"""Where problems with starting and controlling runs are shown."""


def show(shown: RunRow | None, config: RunConfig | None) -> None:
    """The Run button, and two lines of information about it.

    Args:
        config: what it would start; None where the settings cannot be run.
    """
    queue = manager().queue_of(config.device) if config is not None else []
    changed = differences(run_config(shown.id), config) if shown and config else ""
    known = _known(config, shown)
    with st.container(horizontal=True, vertical_alignment="center", key="next_run"):
        st.button(
            _label(queue, changed, shown),
            key="run_button",
            type="primary",
            icon=":material/queue:" if queue else ":material/play_arrow:",
            on_click=start,
            args=(config, bool(queue)),
            **permission(Action.START_RUN, disabled=config is None),
        )
        live_play.show_switch(config, shown)
        with st.container(key="next_run_words", width="stretch", gap=None):
            second = _waits(queue, shown) or _have(known) or _stays(shown)
            st.markdown("  \n".join(filter(None, (_words(shown, config, changed), second))))
        if known:
            st.button("Show that run", key="show_known", on_click=show_run, args=(known.id,))
        _queue_buttons(queue, shown)
        menu()
        presenter.offer()
    problems.show(PROBLEM)
    problems.show(live_play.PROBLEM)


def _known(config: RunConfig | None, shown: RunRow | None) -> RunRow | None:
    """A finished run that the settings would only repeat, unless it is shown already."""
    found = manager().index.find(run_fingerprint(config)) if config is not None else []
    is_shown = shown is not None and shown.id in [row.id for row in found]
    return found[0] if found and not is_shown else None


def _have(known: RunRow | None) -> str:
    return f"You already have this run: *{as_plain_markdown(known.name)}*" if known else ""


def _stays(shown: RunRow | None) -> str:
    return "**Keep** or **Run** makes this run permanent" if shown is not None and is_live(shown.id) else ""


def _label(queue: list[RunRow], changed: str, shown: RunRow | None) -> str:
    if queue:
        return "Queue next run"
    if shown is not None and is_recorded(shown.id) and not changed:
        return "Run it live"
    return "Run with these settings" if changed else "Run"


def _words(shown: RunRow | None, config: RunConfig | None, changed: str) -> str:
    if config is None:
        return "**Next run:** these settings cannot be run, see the left."
    if shown is not None and is_live(shown.id) and not changed:
        return "**Live:** curves follow the controls"
    if shown is None:
        return "**Next run:** set the sliders and press **Run**."
    if changed:
        return f"Settings changed: curves show {changed}"
    return "**Next run:** the same settings as the shown run"


def _waits(queue: list[RunRow], shown: RunRow | None) -> str:
    """What a queued run waits for; '' if only the shown run is active."""
    if not queue:
        return ""
    first, waiting = queue[0], queue[1:]
    is_shown = shown is not None and first.id == shown.id
    name = "the shown run" if is_shown else f"*{as_plain_markdown(first.name)}*"
    if waiting:
        state = ", which is **paused**" if first.status == "paused" else ""
        return f"**Queue:** {plural(len(waiting), 'run')} waiting for {name}{state}"
    if not is_shown:
        return f"**Now {first.status}:** {name}"
    return ""


def _queue_buttons(queue: list[RunRow], shown: RunRow | None) -> None:
    """What can be done about the run that others wait for, and about those that wait."""
    if not queue:
        return
    first, waiting = queue[0], queue[1:]
    if shown is None or first.id != shown.id:
        st.button("Show it", key="show_active", on_click=show_run, args=(first.id,))
        if first.status == "paused":
            st.button("Continue it", key="continue_active", **_command(first, "run"))
    if not waiting:
        return
    mine = "mine" if len(waiting) == 1 else "the next"
    st.button(
        f"Stop it and start {mine}",
        key="stop_active",
        on_click=_stop_and_show,
        args=(first.id, waiting[0].id),
        **permission(
            Action.COMMAND_RUN, first.owner, help="Its finished cycles are kept, and it can be resumed."
        ),
    )
    with st.popover(f"Queue ({len(waiting)})"):
        for row in waiting:
            with st.container(horizontal=True, vertical_alignment="center", key=f"queued-{row.id}"):
                st.markdown(as_plain_markdown(row.name), width="stretch")
                st.button("Show", key=f"show-{row.id}", on_click=show_run, args=(row.id,))
                st.button("Remove", key=f"remove-{row.id}", **_command(row, "stop"))


def _command(row: RunRow, command: str) -> dict[str, Any]:
    action = {"on_click": problems.attempt, "args": (PROBLEM, acting.command_run, row.id, command)}
    return action | permission(Action.COMMAND_RUN, row.owner)


def start(config: RunConfig, keeps_view: bool) -> None:
    """Queue a run, and show it unless the view is kept. For callbacks.

    A live run of this tab with these very settings is kept instead.
    """
    live = live_play.of_tab()
    if live is not None and run_config(live.id) == config:
        live_play.keep(live.id)
        return

    def submit() -> None:
        run_id = acting.start_run(config, st.session_state.get(NAME, ""))
        st.session_state[NAME] = ""  # it is that run's
        if not keeps_view:
            show_run(run_id)

    problems.attempt(PROBLEM, submit)


def _stop_and_show(active: str, next_one: str) -> None:
    if problems.attempt(PROBLEM, acting.command_run, active, "stop"):
        show_run(next_one)
