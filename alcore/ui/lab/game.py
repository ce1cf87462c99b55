"""You against the machine: before each query of the strategy `you`, the audience chooses, from any seats."""

from __future__ import annotations

import base64
import io
import secrets
from urllib.parse import urlencode, urlsplit

import numpy as np
import segno
import streamlit as st

from alcore.access.admission import Admission, admission
from alcore.access.invitations import make_token, read_token
from alcore.access.roles import Action, Role
from alcore.acquisition import asks_people
from alcore.compute.rounds import offered, round_to_play
from alcore.errors import AccessError, AlcoreError
from alcore.experiment.cycle_key import CycleKey
from alcore.experiment.offer import RULE
from alcore.home import home
from alcore.presentation.imaging import enlarge, webp
from alcore.server.index import RunRow
from alcore.server.votes import Votes
from alcore.ui import acting, entrance, problems
from alcore.ui.lab.ballot import show_ballot
from alcore.ui.permitted import is_permitted, permission
from alcore.ui.session import data_of_run, run_config, run_dataset, run_records, run_row, run_store, shown_run
from alcore.wording import clock, plural

SEAT = "seat"
"""In the page's address: that this tab votes, and sees nothing else."""

_TICK = 1.0
_PROBLEM = "game"
_LIMITS = {"no limit": None, "30 s": 30.0, "1 min": 60.0, "2 min": 120.0}
_SIDE = 96


@st.cache_resource(show_spinner=False)
def _votes() -> Votes:
    return Votes()


def show(row: RunRow) -> None:
    """The round that waits to be played, if the shown run has one: candidates, votes, and what ends it."""
    if not any(map(asks_people, run_config(row.id).strategies)):
        return

    @entrance.fragment(run_every=_TICK if row.is_active else None)
    def fragment() -> None:
        problems.show(_PROBLEM)
        key = round_to_play(run_store(row.id)) if row.is_active else None
        if key is None:
            return
        with st.container(key="game"), problems.contained():
            _play(row, key)

    fragment()


def _play(row: RunRow, key: CycleKey) -> None:
    most, shown = run_config(row.id).query_count, _offered(row.id, key, data_of_run(row.id))
    seats = _votes().seats(row.id, key)
    with st.container(horizontal=True, vertical_alignment="center", key="game_bar"):
        st.markdown(
            f"**Your turn, query {key.cycle}:** click the patches that you would label, up to {most} of "
            "these "
            f"{len(shown)}.",
            help=RULE,
            width="stretch",
        )
        limit = st.segmented_control(
            "Time limit",
            list(_LIMITS),
            default="no limit",
            required=True,
            key="round_limit",
            width="content",
            label_visibility="collapsed",
            **permission(Action.COMMAND_RUN, row.owner),
        )
        _invite(row)
        winners = _votes().winners(row.id, key, shown, most)
        label = f"Label these {len(winners)}" if winners else "Let random choose"
        st.button(
            label,
            key="close_round",
            type="primary",
            on_click=_close,
            args=(row.id, key),
            **permission(Action.COMMAND_RUN, row.owner),
        )
    left = _votes().seconds_left(row.id, key, _LIMITS[limit])
    parts = [f"{plural(seats, 'seat')} voted" if seats else "Nobody has chosen yet"]
    parts += [] if left is None else [f"{clock(left)} left; random picks fill the remaining places"]
    st.caption(" · ".join(parts))
    _ballot(row.id, key, votes=seats > 1)
    if left == 0 and is_permitted(
        Action.COMMAND_RUN, row.owner
    ):  # else every tab would be refused each second
        _close(row.id, key)


def show_seat() -> None:
    """The page of one seat: candidates alone, for a phone."""
    run_id = shown_run()
    row = run_row(run_id) if run_id else None
    if row is None:
        st.info("The run in this link is not on this server.")
        return

    @entrance.fragment(run_every=_TICK, for_seats=True)
    def fragment() -> None:
        problems.show(_PROBLEM)
        now = run_row(row.id)
        key = round_to_play(run_store(row.id)) if now is not None and now.is_active else None
        if key is None:
            is_over = now is None or not now.is_active
            st.info("The game is over." if is_over else "The models are learning. The next round comes soon.")
            return
        st.markdown(f"**Query {key.cycle}:** tap the patches that you would label.")
        with problems.contained():
            _ballot(row.id, key, votes=False)

    fragment()


def _ballot(run_id: str, key: CycleKey, *, votes: bool) -> None:
    counts = _votes().counts(run_id, key) if votes else {}
    show_ballot(
        f"ballot-{run_id}",
        round_name=f"{run_id} {key.stem}",
        patches=_pictures(run_id, key, data_of_run(run_id)),
        most=run_config(run_id).query_count,
        votes=counts,
        on_vote=lambda items: problems.attempt(
            _PROBLEM, acting.vote, _votes(), run_id, key, _seat_name(), items
        ),
    )


def _seat_name() -> str:
    return str(st.session_state.setdefault("seat_name", secrets.token_hex(8)))


@st.cache_data(max_entries=16, show_spinner=False)
def _offered(run_id: str, key: CycleKey, fingerprint: str) -> list[int]:
    return [int(item) for item in offered(run_records(run_id), run_dataset(run_id), key)]


@st.cache_data(max_entries=16, show_spinner=False)
def _pictures(run_id: str, key: CycleKey, fingerprint: str) -> list[tuple[int, str]]:
    """Ids and images as data URLs; masks play no part."""
    items = _offered(run_id, key, fingerprint)
    images = run_dataset(run_id).images(np.array(items, dtype=np.int64))
    urls = (base64.b64encode(webp(enlarge(image, _SIDE))).decode() for image in images)
    return [(item, f"data:image/webp;base64,{url}") for item, url in zip(items, urls, strict=True)]


def _close(run_id: str, key: CycleKey) -> None:
    shown = _offered(run_id, key, data_of_run(run_id))
    winners = _votes().winners(run_id, key, shown, run_config(run_id).query_count)
    problems.attempt(_PROBLEM, acting.close_round, run_id, key, winners)


def _invite(row: RunRow) -> None:
    """The link for phones, and the same as a QR code, made here."""
    with st.popover("Seats", icon=":material/qr_code:"):
        try:
            link = _seat_link(row)
        except AlcoreError as error:
            problems.tell(error)
            return
        st.markdown(
            "Everyone with this link votes from their own phone; the patches with the most votes get "
            "labelled."
        )
        st.image(_qr_code(link), width=260, alt="QR code of the link for seats")
        st.code(link, language=None, wrap_lines=True)
        if admission() == Admission.LOCAL:
            st.caption("This server answers only this machine; `alcore dashboard --lab` lets phones in.")


@st.cache_data(max_entries=8, show_spinner=False)
def _qr_code(link: str) -> bytes:
    """A PNG, drawn here, so that no service learns of the link."""
    picture = io.BytesIO()
    segno.make(link, micro=False).save(picture, kind="png", scale=6, border=2)
    return picture.getvalue()


def _seat_link(row: RunRow) -> str:
    here = urlsplit(st.context.url or "http://localhost:8501/")
    parameters = {SEAT: "1", "run": row.id}
    if admission() == Admission.LAB and is_permitted(Action.COMMAND_RUN, row.owner):
        parameters["token"] = _seat_token(row.id)
    return f"{here.scheme}://{here.netloc}/?{urlencode(parameters)}"


def _seat_token(run_id: str) -> str:
    """A token that lets seats in: the one made before, unless all links have been withdrawn since."""
    token = _made_token(run_id)
    try:
        read_token(home(), token)
    except AccessError:
        _made_token.clear(run_id)
        token = _made_token(run_id)
    return token


@st.cache_data(ttl=3600, max_entries=16, show_spinner=False)
def _made_token(run_id: str) -> str:
    return make_token(home(), Role.SEAT, hours=4, name=f"seats of {run_id}")
