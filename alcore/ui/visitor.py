"""Who sits at this tab: asked anew at every drawing and every action, so that a link ends when it ends."""

from __future__ import annotations

import streamlit as st
from streamlit.errors import StreamlitAPIException, StreamlitSecretNotFoundError

from alcore.access.admission import Admission, admission, is_loopback, role_of
from alcore.access.invitations import read_token
from alcore.access.roles import LOCAL, Visitor
from alcore.errors import AccessError
from alcore.home import home

_TOKEN, _COOKIE = "token", "alcore_token"

_keeper = st.components.v2.component(
    "alcore_token",
    js="""
    export default function ({ data }) {
      const secure = window.location.protocol === "https:" ? "; Secure" : "";
      document.cookie = `${data.cookie}=${data.token}; path=/; SameSite=Strict${secure}`;
      const address = new URL(window.location.href);
      address.searchParams.delete(data.parameter);  // or whoever copies the address gives their link away
      window.history.replaceState(window.history.state, "", address);
    }
    """,
)


def visitor() -> Visitor | None:
    """Who it is; None for somebody who is not known.

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
    return _signed_in() or _with_link()


def keep_link() -> None:
    """After a page was opened with a link: keep who it is in the browser, and out of the address."""
    if token := st.query_params.get(_TOKEN):
        _keeper(key="token_keeper", data={"cookie": _COOKIE, "token": token, "parameter": _TOKEN})


def can_sign_in() -> bool:
    """Whether an identity provider is configured."""
    try:
        return "auth" in st.secrets
    except StreamlitSecretNotFoundError:
        return False


def _signed_in() -> Visitor | None:
    if not can_sign_in():
        return None
    try:
        if not st.user.is_logged_in:
            return None
        return role_of(home(), dict(st.user))
    except (AttributeError, StreamlitAPIException):  # no provider after all
        return None


def _with_link() -> Visitor | None:
    """By the token in the address, else by the one that this tab or browser came with before."""
    given = st.query_params.get(_TOKEN)
    token = given or st.session_state.get(_TOKEN) or st.context.cookies.get(_COOKIE)
    if not isinstance(token, str) or not token:
        return None
    found = read_token(home(), token)
    st.session_state[_TOKEN] = token
    return found
