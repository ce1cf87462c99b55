"""Live: releasing a control starts the run by itself, in the place of the previous one.

A tab has one live run, see `alcore.server.live_runs`. The previous curves stay, pale, until the new run has
caught up; they are kept in the tab's session, since the run itself is gone by then.
"""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import dataclass, field

import pandas as pd
import streamlit as st

from alcore.access.roles import Action
from alcore.config import HYPERCOLUMN, RunConfig, load_config
from alcore.errors import AlcoreError
from alcore.experiment.run_identity import run_fingerprint
from alcore.presentation.imaging import faded
from alcore.presentation.live_chart.curves import LiveRun, live_run
from alcore.server.index import RunRow
from alcore.server.live_runs import LiveRuns, is_live, kept_id
from alcore.ui import acting, problems
from alcore.ui.gallery import Strip, latest_strip
from alcore.ui.permitted import is_permitted, permission
from alcore.ui.session import (
    manager,
    readable,
    record_count,
    run_config,
    run_evidence,
    run_row,
    run_selections,
    show_run,
    shown_run,
)
from alcore.ui.setting_words import KEYS

PROBLEM = "live"
"""Where problems with live runs are shown."""

_SWITCH = "live"
_SEAT, _SEEN, _SHOWN, _EARLIER = "live_seat", "live_seen", "live_shown", "live_earlier"
_OPENING, _ANYTHING = "opening", ""
"""In the place of a fingerprint: the page was not drawn yet; whatever the controls say is news."""
_MOST_EARLIER, _PALE = 4, 0.35


@dataclass(frozen=True)
class Earlier:
    """What the Lab showed before.

    runs: the newest first; selections: the queries of them that were to be seen; picks: each strategy's last.
    """

    runs: tuple[LiveRun, ...] = ()
    selections: pd.DataFrame = field(default_factory=pd.DataFrame)
    picks: dict[str, Strip] = field(default_factory=dict)


@dataclass(frozen=True)
class _Shown:
    """The live run that this tab shows, for as long as its address names no other run than it did then."""

    run_id: str
    address: str | None


@dataclass(frozen=True)
class _Presence:
    """A session's sign that its tab is open."""

    seat: str
    runs: LiveRuns

    def leave(self) -> None:
        """Called when the tab is closed: its live run stops."""
        self.runs.leave(self.seat)


def is_instant(config: RunConfig) -> bool:
    """Whether a run takes only seconds: a light head on the kept features of a frozen encoder."""
    return config.model.freeze_encoder and config.model.architecture == HYPERCOLUMN


def is_wanted() -> bool:
    """Whether the controls are likely to be played, before they are drawn."""
    key = KEYS["model.architecture"]
    usual = load_config("demo").model.architecture
    network = st.session_state.get(key) or st.query_params.get(key) or usual
    return network == HYPERCOLUMN and bool(st.session_state.get(_SWITCH, True))


def is_on(config: RunConfig | None) -> bool:
    """Whether this tab's controls start live runs."""
    may_be = config is not None and is_instant(config) and is_permitted(Action.START_RUN)
    return may_be and bool(st.session_state.get(_SWITCH, True))


def shown() -> str | None:
    """The run that the Lab shows in this tab: a live one, or `shown_run`."""
    live = st.session_state.get(_SHOWN)
    if live and st.query_params.get("run") in (None, live.address) and run_row(live.run_id):
        return live.run_id
    return shown_run()


def of_tab() -> RunRow | None:
    """This tab's live run, if it has one."""
    seat = st.session_state.get(_SEAT)
    return manager().live.of_seat(seat) if seat else None


def show_switch(config: RunConfig | None, row: RunRow | None) -> None:
    """The switch, and the button that makes a live run permanent."""
    can_be = config is not None and is_instant(config)
    why = "Needs a frozen encoder with the light head: only such runs are computed in seconds."
    st.toggle(
        "Live",
        key=_SWITCH,
        value=True,
        on_change=_turned,
        bind="query-params",
        **permission(
            Action.START_RUN,
            help="Controls start runs: a run starts when you release one, and the next run replaces it."
            if can_be
            else why,
            disabled=not can_be,
        ),
    )
    if can_be:
        has_run = row is not None and is_live(row.id)
        st.button(
            "Keep",
            key="keep_button",
            icon=":material/bookmark_add:",
            on_click=keep,
            args=(row.id if row else "",),
            **permission(Action.START_RUN, help="Make the live run permanent", disabled=not has_run),
        )


def _turned() -> None:
    """Switched on, what the controls say is played at once."""
    st.session_state[_SEEN] = _ANYTHING


def arrive() -> None:
    """To be called before the controls are drawn: one that is moved while the page opens is played too."""
    seen = st.session_state.get(_SEEN)
    st.session_state[_SEEN] = {None: _OPENING, _OPENING: _ANYTHING}.get(seen, seen)


def note(config: RunConfig | None) -> None:
    """Take the controls as they stand: what was moved so far starts nothing."""
    if config is not None:
        st.session_state[_SEEN] = run_fingerprint(config)


def follow(config: RunConfig | None) -> None:
    """Begin a live run where a control of the run was moved.

    Args:
        config: what the controls say; None where it cannot be run.
    """
    if config is None:
        return
    before, now = st.session_state[_SEEN], run_fingerprint(config)
    run_id = shown()
    if run_id is not None and readable(run_id):  # its files are gone: nothing of it is shown
        run_id = None
    is_shown = run_id is not None and run_fingerprint(run_config(run_id)) == now
    if before not in (_OPENING, now) and not is_shown and is_on(config):
        problems.attempt(PROBLEM, _begin, config, run_id)
    note(config)  # only now: the next control may break this off at any moment


def _begin(config: RunConfig, before: str | None) -> None:
    seat = st.session_state.setdefault(_SEAT, secrets.token_hex(8))
    if before is not None:
        with contextlib.suppress(
            AlcoreError
        ):  # such as a data set that is gone: nothing of it stays to be seen
            _remember(before)
    _presence(seat)
    run_id = acting.start_live(config, seat)
    st.session_state[_SHOWN] = _Shown(run_id, st.query_params.get("run"))


@st.cache_resource(scope="session", max_entries=1, show_spinner=False, on_release=_Presence.leave)
def _presence(seat: str) -> _Presence:
    """The tab's `_Presence`, which is released when the tab is closed."""
    return _Presence(seat, manager().live)


def _remember(run_id: str) -> None:
    """Keep what is shown of a run, before it is dropped, in front of what was kept already."""
    config, records, earlier = run_config(run_id), record_count(run_id), earlier_shown()
    evidence = run_evidence(run_id, records)
    if evidence is None:
        return
    run = live_run(evidence).as_earlier()
    is_whole = len(run.cycles) == config.cycles
    runs = (run,) if is_whole else (run, *earlier.runs)[:_MOST_EARLIER]
    selections = with_earlier(run_selections(run_id, records), Earlier() if is_whole else earlier)
    st.session_state[_EARLIER] = Earlier(runs, selections, earlier.picks | _pale_picks(run_id, config))


def _pale_picks(run_id: str, config: RunConfig) -> dict[str, Strip]:
    strips = {name: latest_strip(run_id, name) for name in config.strategies}
    return {
        name: strip._replace(
            picture=faded(strip.picture, _PALE), alt=f"for the previous settings: {strip.alt}"
        )
        for name, strip in strips.items()
        if strip is not None
    }


def with_earlier(selections: pd.DataFrame, earlier: Earlier) -> pd.DataFrame:
    """Queries of a run, and those of earlier ones that it has not come to."""
    if earlier.selections.empty:
        return selections
    reached = earlier.selections["strategy"].map(selections.groupby("strategy")["cycle"].max())
    rest = earlier.selections[~(earlier.selections["cycle"] <= reached)]
    return pd.concat([selections, rest], ignore_index=True)


def earlier_shown() -> Earlier:
    """What this tab showed before its live run."""
    found: Earlier = st.session_state.get(_EARLIER) or Earlier()
    return found


def is_played(run_id: str) -> bool:
    """Whether a run is this tab's live one, or was it until it was kept."""
    live = st.session_state.get(_SHOWN)
    return live is not None and kept_id(live.run_id) == kept_id(run_id)


def keep(run_id: str) -> None:
    """Make a live run permanent, and show it. For callbacks."""

    def move() -> None:
        show_run(acting.keep_live(run_id))

    problems.attempt(PROBLEM, move)
