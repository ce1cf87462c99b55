"""The visitor of this tab, looked up at every drawing and action, so that an expired link stops working."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st
from streamlit.errors import StreamlitAPIException, StreamlitSecretNotFoundError
from streamlit.runtime.scriptrunner import get_script_run_ctx

from alcore.access.admission import Admission, admission, is_loopback, role_of
from alcore.access.invitations import read_token
from alcore.access.roles import LOCAL, Visitor
from alcore.errors import AccessError
from alcore.home import home

TOKEN, COOKIE = "token", "alcore_token"
"""The part of an address that holds a link, and the cookie that keeps it."""
_MOST_TABS = 10_000

_keeper = st.components.v2.component(
    "alcore_token",
    js="""
    export default function ({ data }) {
      const secure = window.location.protocol === "https:" ? "; Secure" : "";
      document.cookie = `${data.cookie}=${data.token}; path=/; SameSite=Strict${secure}`;
      const address = new URL(window.location.href);
      address.searchParams.delete(data.parameter);  // or copying the address would give the link away
      window.history.replaceState(window.history.state, "", address);
    }
    """,
)


@dataclass(frozen=True)
class Credentials:
    """What a tab came with, which says who it is for as long as that holds; asked of no session again.

    claims: of the identity provider, if one vouches for it; token: of its link.
    """

    claims: Mapping[str, object] | None = None
    token: str | None = None


def credentials() -> Credentials:
    """The link or identity that this tab came with."""
    if admission() != Admission.LAB:
        return Credentials()
    given = st.query_params.get(TOKEN)
    token = given or st.session_state.get(TOKEN) or st.context.cookies.get(COOKIE)
    return Credentials(_claims(), token if isinstance(token, str) else None)


def visitor() -> Visitor | None:
    """Who it is; None for somebody who is not known. AccessError as `recognised`."""
    came_with = credentials()
    _note_tab(came_with)
    who = recognised(came_with)
    if who is not None and came_with.token:
        st.session_state[TOKEN] = came_with.token  # for when it has left the address
    return who


def recognised(came_with: Credentials) -> Visitor | None:
    """Whom these credentials let in now; None where nobody is known by them.

    Raises:
        AccessError: they came with a link that lets nobody in.
    """
    way = admission()
    if way == Admission.OPEN:
        return LOCAL
    if way == Admission.LOCAL:
        if is_loopback(st.get_option("server.address")):
            return LOCAL
        raise AccessError(
            "this server can be reached from other machines, and does not know who you are; start it with "
            "`alcore dashboard --lab`"
        )
    signed_in = role_of(home(), came_with.claims) if came_with.claims else None
    return signed_in or (read_token(home(), came_with.token) if came_with.token else None)


_tabs: OrderedDict[str, Credentials] = OrderedDict()
"""What tabs came with, by Streamlit's number for them, for requests that come beside their pages."""


def _note_tab(came_with: Credentials) -> None:
    context = get_script_run_ctx(suppress_warning=True)
    if context is not None:
        _tabs[context.session_id] = came_with
        _tabs.move_to_end(context.session_id)
        while len(_tabs) > _MOST_TABS:
            _tabs.popitem(last=False)


def recognised_tab(tab: str) -> Visitor | None:
    """Whom a tab is for now, by Streamlit's number for it; None where no page was drawn in it for anyone.

    Raises:
        AccessError: as `recognised`.
    """
    came_with = _tabs.get(tab)
    return None if came_with is None else recognised(came_with)


def keep_link() -> None:
    """After a page was opened with a link: keep who it is in the browser, and out of the address."""
    if token := st.query_params.get(TOKEN):
        _keeper(key="token_keeper", data={"cookie": COOKIE, "token": token, "parameter": TOKEN})


def can_sign_in() -> bool:
    """Whether an identity provider is configured."""
    try:
        return "auth" in st.secrets
    except StreamlitSecretNotFoundError:
        return False


def _claims() -> Mapping[str, object] | None:
    if not can_sign_in():
        return None
    try:
        return dict(st.user) if st.user.is_logged_in else None
    except (AttributeError, StreamlitAPIException):  # no provider after all
        return None
