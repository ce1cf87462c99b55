"""What each request passes before Streamlit reads anything of it: for which host, from which page, by whom.

Streamlit asks little at its own routes: uploads are taken from every open tab, and only the websocket looks
at the name that the server was called by. This ASGI middleware stands before all of them. Pages ask by
themselves who it is (`alcore.ui.entrance`), as only they know the link in a tab's address.
"""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers, QueryParams
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.runtime import get_instance

from alcore.access.admission import Admission, admission
from alcore.access.limits import Allowance
from alcore.access.roles import Action, Role, Visitor, may
from alcore.errors import AlcoreError
from alcore.home import home
from alcore.ui.visitor import COOKIE, TOKEN, Credentials, can_sign_in, recognised, recognised_tab

_UPLOADS, _MEDIA, _METRICS = "/_stcore/upload_file/", "/media/", "/_stcore/metrics"
_READING, _OF_UPLOADS = ("GET", "HEAD", "OPTIONS"), ("PUT", "DELETE", "OPTIONS")
_UPLOADING = (Action.IMPORT_DATA, Action.SCORE_IMAGES, Action.IMPORT_RUN, Action.IMPORT_LOGS)
_MOST_FILES = 1000
"""Of one tab at once: images to be scored come one by one."""
_MOST_OF_ALL = 4
"""Uploads of the greatest size that all tabs together may keep in memory."""
_A_SECOND, _AT_ONCE, _MOST_KNOWN = 50.0, 2000.0, 10_000
"""Requests of an address without a link, of which a page takes about a hundred; and how many are counted."""
_BAD_HOST = 400


class Refusal(NamedTuple):
    """An HTTP status, and a sentence for people."""

    status: int
    reason: str


@dataclass
class _Caller:
    """What an address may still ask for: it grows by `_A_SECOND` up to `_AT_ONCE`."""

    left: float = _AT_ONCE
    seen: float = field(default_factory=time.monotonic)


class Gate:
    """ASGI middleware: answers what is refused by itself, and hands everything else on."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._callers: OrderedDict[str, _Caller] = OrderedDict()
        self._coming: dict[int, int] = {}  # bytes of uploads that are being read, by request
        logging.getLogger(_OF_COMPONENTS).addFilter(_without_traceback)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the ASGI specification."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        path = _below_base(scope["path"])
        refused = self._refusal(scope, headers, path)
        if refused is not None:
            await _refuse(scope, receive, send, refused)
            return
        if path.startswith(_UPLOADS) and scope["method"] == "PUT":
            self._coming[id(scope)] = int(headers["content-length"])
        try:
            await self._app(scope, receive, _with_cookie(scope, headers, send))
        finally:
            self._coming.pop(id(scope), None)

    def _refusal(self, scope: Scope, headers: Headers, path: str) -> Refusal | None:
        """Why a request is not for this server, or not for its sender; None where it is."""
        if not is_own_host(headers.get("host", ""), st.get_option("server.allowedHosts") or ["*"]):
            return Refusal(_BAD_HOST, "this server does not go by that name; --host NAME adds one")
        if not is_own_page(headers.get("origin"), headers.get("host", "")):
            return Refusal(HTTPStatus.FORBIDDEN, "another page asked for this")
        method = scope.get("method", "GET")
        if method not in (_OF_UPLOADS if path.startswith(_UPLOADS) else _READING):
            return Refusal(HTTPStatus.METHOD_NOT_ALLOWED, f"{method} is not for this address")
        who = _bearer(headers)
        if admission() == Admission.LAB and who is None and not self._has_time_for(scope):
            return Refusal(HTTPStatus.TOO_MANY_REQUESTS, "too many requests; wait a minute")
        if path.startswith(_UPLOADS) and method != "OPTIONS":
            return self._refused_upload(path.removeprefix(_UPLOADS), method, headers)
        return _refused_reading(path, who)

    def _has_time_for(self, scope: Scope) -> bool:
        address = (scope.get("client") or ("",))[0]
        caller = self._callers.setdefault(address, _Caller())
        self._callers.move_to_end(address)
        if len(self._callers) > _MOST_KNOWN:
            self._callers.popitem(last=False)
        now = time.monotonic()
        caller.left = min(_AT_ONCE, caller.left + (now - caller.seen) * _A_SECOND) - 1
        caller.seen = now
        caller.left = max(caller.left, 0)
        return caller.left > 0

    def _refused_upload(self, place: str, method: str, headers: Mapping[str, str]) -> Refusal | None:
        """Why a file may not be uploaded, or removed, by the tab in its address; None where it may."""
        tab, _, file = place.partition("/")
        try:
            who = recognised_tab(tab)
        except AlcoreError as error:
            return Refusal(HTTPStatus.FORBIDDEN, str(error))
        if who is None or not any(may(who, action) for action in _UPLOADING):
            return Refusal(HTTPStatus.FORBIDDEN, "only members may upload; ask the owner for a link")
        if method == "DELETE":
            return None
        length = headers.get("content-length", "")
        if not length.isdecimal():
            return Refusal(HTTPStatus.LENGTH_REQUIRED, "an upload says how long it is")
        return self._too_much(who, tab, file, int(length))

    def _too_much(self, who: Visitor, tab: str, file: str, size: int) -> Refusal | None:
        try:
            Allowance(who, home()).upload(size)
        except AlcoreError as error:
            return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(error))
        kept = {name: dict(files) for name, files in list(uploads_in_memory().items())}
        if len(kept.get(tab, {}).keys() - {file}) >= _MOST_FILES:
            return Refusal(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"this tab has {_MOST_FILES} files here already; remove some, or reload the page",
            )
        most = _MOST_OF_ALL * st.get_option("server.maxUploadSize") * 2**20
        held = sum(sum(files.values()) for files in kept.values()) + sum(self._coming.values())
        if held + size > most:
            return Refusal(
                HTTPStatus.INSUFFICIENT_STORAGE, "all tabs together have too much uploaded; try in a minute"
            )
        return None


def _refused_reading(path: str, who: Visitor | None) -> Refusal | None:
    """What only some may read: the pages' pictures and files, unless a sign-in vouches for tabs; metrics."""
    if path.startswith(_MEDIA) and not (may(who, Action.VOTE) or can_sign_in()):
        return Refusal(HTTPStatus.FORBIDDEN, "open the link that you were given first")
    if path == _METRICS and (who is None or who.role != Role.OWNER):
        return Refusal(HTTPStatus.FORBIDDEN, "these numbers are for the owner of this server")
    return None


def uploads_in_memory() -> Mapping[str, Mapping[str, int]]:
    """Bytes of each file that Streamlit keeps, by tab and file."""
    storage = getattr(get_instance().uploaded_file_mgr, "file_storage", {})
    return {
        tab: {name: len(record.data) for name, record in list(files.items())}
        for tab, files in list(storage.items())
    }


def is_own_host(host: str, allowed: list[str]) -> bool:
    """Whether a Host header names this server: one of its names, `*.` before one, or `*` for any."""
    name = _name_in(f"//{host}")
    return bool(name) and any(
        pattern == "*"
        or name == pattern.lower().rstrip(".")
        or (pattern.startswith("*.") and name.endswith(pattern[1:].lower()))
        for pattern in allowed
    )


def is_own_page(origin: str | None, host: str) -> bool:
    """Whether a request comes from a page of this server, another port being another server.

    Args:
        origin: the Origin header; None where there is none, as browsers leave it out of plain reading.
    """
    if origin is None:
        return True
    address, name = urlsplit(origin), _name_in(origin)
    if not name or address.scheme not in ("http", "https"):
        return False
    is_proxy = st.config.is_manually_set("browser.serverAddress")
    return (
        address.netloc.lower() == host.lower()
        or origin.rstrip("/") in (st.get_option("server.corsAllowedOrigins") or [])
        or (is_proxy and name == str(st.get_option("browser.serverAddress")).lower())
    )


def _name_in(address: str) -> str:
    """The host's name in an address, in small letters; '' where it names none."""
    try:
        parts = urlsplit(address)
        _ = parts.port  # which may be no number
    except ValueError:
        return ""
    if parts.username is not None or parts.path or parts.query or parts.fragment:
        return ""
    return (parts.hostname or "").lower().rstrip(".")


def _below_base(path: str) -> str:
    base = (st.get_option("server.baseUrlPath") or "").strip("/")
    return path.removeprefix(f"/{base}") if base else path


def _bearer(headers: Headers) -> Visitor | None:
    """Whom the browser's cookie lets in; None for nobody."""
    token = cookie_parser(headers.get("cookie", "")).get(COOKIE)
    try:
        return recognised(Credentials(token=token))
    except AlcoreError:
        return None


def _with_cookie(scope: Scope, headers: Headers, send: Send) -> Send:
    """Let an answer to a link keep it as a cookie, so that all that the page asks for next has it."""
    token = QueryParams(scope["query_string"]).get(TOKEN)
    wanted = "text/html" in headers.get("accept", "")
    if scope["type"] != "http" or not token or not wanted or admission() != Admission.LAB:
        return send
    try:
        recognised(Credentials(token=token))
    except AlcoreError:  # the page says so
        return send
    secure = "; Secure" if scope.get("scheme") == "https" else ""
    cookie = f"{COOKIE}={token}; Path=/; SameSite=Strict; HttpOnly{secure}".encode("latin-1")

    async def send_with_cookie(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), (b"set-cookie", cookie)]
        await send(message)

    return send_with_cookie


async def _refuse(scope: Scope, receive: Receive, send: Send, refused: Refusal) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": refused.reason})
        return
    headers = {"Connection": "close"}  # what was not read of an upload is not waited for
    await PlainTextResponse(f"{refused.reason}\n", refused.status, headers)(scope, receive, send)


_OF_COMPONENTS = "streamlit.web.server.starlette.starlette_routes"


def _without_traceback(record: logging.LogRecord) -> bool:
    """A file of a component that is not there, which anyone may ask for, is a line and no traceback."""
    if record.exc_info and isinstance(record.exc_info[1], OSError):
        record.exc_info = record.exc_text = None
        record.levelno, record.levelname = logging.DEBUG, "DEBUG"
    return True
