"""What the gate refuses before anything of a request is read, and what it lets through."""

import asyncio
import logging
from types import SimpleNamespace

import pytest

from alcore.access.admission import ADMISSION, Admission
from alcore.access.invitations import make_token, withdraw_all
from alcore.access.roles import Role
from alcore.ui import gate, visitor
from alcore.ui.gate import Gate, is_own_host, is_own_page
from alcore.ui.visitor import Credentials

HOST = {"host": "127.0.0.1:8501"}
OPTIONS = {
    "server.allowedHosts": ["localhost", "127.0.0.1", "::1"],
    "server.address": "127.0.0.1",
    "server.maxUploadSize": 1,
}


@pytest.fixture(autouse=True)
def options(monkeypatch):
    known = dict(OPTIONS)
    monkeypatch.setattr(gate.st, "get_option", known.get)
    monkeypatch.setattr(gate, "uploads_in_memory", dict)
    monkeypatch.setattr(visitor, "_tabs", {})
    return known


@pytest.fixture
def lab(home, monkeypatch):
    monkeypatch.setenv(ADMISSION, Admission.LAB)
    return lambda role, **more: make_token(home, role, hours=1, **more)


class Asked:
    """A gate, and what came of requests to it: a status, its headers, and whether Streamlit saw them."""

    def __init__(self):
        self.passed, self.headers, self.gate = 0, {}, Gate(self._streamlit)

    async def _streamlit(self, scope, receive, send):
        self.passed += 1
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x", b"y")]})
        await send({"type": "http.response.body", "body": b""})

    def __call__(self, path, method="GET", *, kind="http", query="", client="10.0.0.9", **headers):
        sent = []

        async def send(message):
            sent.append(message)

        async def receive():
            pytest.fail("the body is read")

        named = HOST | {name.replace("_", "-"): value for name, value in headers.items()}
        scope = {
            "type": kind,
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in named.items()],
            "client": (client, 1),
            "scheme": "http",
        }
        asyncio.run(self.gate(scope | ({"method": method} if kind == "http" else {}), receive, send))
        if kind == "websocket" and sent[0]["type"] == "websocket.close":
            return "closed"
        self.headers = dict(sent[0]["headers"])
        return sent[0]["status"]


ROUTES = [
    "/",
    "/static/js/a.js",
    "/_stcore/metrics",
    "/_stcore/host-config",
    "/component/a/b",
    "/media/a.png",
]


@pytest.mark.parametrize("path", [*ROUTES, "/_stcore/health", "/_stcore/bidi-components/a/b.js"])
def test_no_route_answers_to_another_name_or_another_page(path):
    ask = Asked()
    assert ask(path) == 200
    for host in ("evil.example", "127.0.0.1.evil.example", "", "user@127.0.0.1", "127.0.0.1:port"):
        assert ask(path, host=host) == 400
    for origin in ("http://localhost:3000", "http://127.0.0.1:9", "null", "http://evil.example", "file://"):
        assert ask(path, origin=origin) == 403
    assert ask.passed == 1
    assert ask(path, origin="http://127.0.0.1:8501") == 200


def test_the_websocket_is_asked_the_same():
    ask = Asked()
    assert ask("/_stcore/stream", kind="websocket") == 200
    assert ask("/_stcore/stream", kind="websocket", host="evil.example") == "closed"
    assert ask("/_stcore/stream", kind="websocket", origin="http://localhost:3000") == "closed"


@pytest.mark.parametrize(
    ("host", "allowed", "is_own"),
    [
        ("[::1]:8501", ["::1"], True),
        ("LAB.example.org.", ["lab.example.org"], True),
        ("a.example.org", ["*.example.org"], True),
        ("example.org.evil", ["*.example.org"], False),
        ("anything", ["*"], True),
    ],
)
def test_names_of_a_server(host, allowed, is_own):
    assert is_own_host(host, allowed) == is_own


def test_a_page_behind_a_proxy_is_named_by_an_option(options, monkeypatch):
    assert not is_own_page("https://lab.example.org", "127.0.0.1:8501")
    options["server.corsAllowedOrigins"] = ["https://lab.example.org"]
    assert is_own_page("https://lab.example.org", "127.0.0.1:8501")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE"])
def test_only_uploads_write(method):
    ask = Asked()
    assert [ask(path, method) for path in ROUTES] == [405] * len(ROUTES)
    assert ask("/_stcore/upload_file/tab/file", "POST") == 405
    assert ask("/_stcore/upload_file/tab/file", "GET") == 405


def put(ask, tab, size="100", file="file"):
    return ask(f"/_stcore/upload_file/{tab}/{file}", "PUT", **({"content_length": size} if size else {}))


def test_uploads_come_from_tabs_of_members_alone(home, lab):
    ask = Asked()
    visitor._tabs.update(
        member=Credentials(token=lab(Role.MEMBER)),
        viewer=Credentials(token=lab(Role.VIEWER)),
        seat=Credentials(token=lab(Role.SEAT)),
        stranger=Credentials(),
    )
    assert [put(ask, tab) for tab in ("member", "viewer", "seat", "stranger", "no-tab")] == [200, *[403] * 4]
    assert put(ask, "member", size="") == 411
    assert put(ask, "member", size="600000000") == 413, "what a member may upload at once"
    assert ask("/_stcore/upload_file/stranger/file", "DELETE") == 403
    withdraw_all(home)
    assert put(ask, "member") == 403
    assert ask.passed == 1


def test_uploads_are_bounded_in_number_and_together(home, monkeypatch):
    ask = Asked()
    visitor._tabs.update(mine=Credentials(), other=Credentials())
    held = {"mine": {str(number): 1 for number in range(1000)}, "other": {}}
    monkeypatch.setattr(gate, "uploads_in_memory", lambda: held)
    assert put(ask, "mine") == 413
    assert put(ask, "mine", file="7") == 200, "one that takes another's place"
    assert put(ask, "other") == 200
    held["mine"] = {"large": 4 * 2**20 - 50}
    assert put(ask, "other", size="51") == 507
    assert put(ask, "other", size="50") == 200
    ask.gate._coming[0] = 1  # another that is being read
    assert put(ask, "other", size="50") == 507


def test_pictures_and_metrics_of_a_lab_are_not_for_strangers(home, lab):
    ask = Asked()
    cookies = {role: f"a=b; alcore_token={lab(role)}" for role in Role}
    assert ask("/media/a.png") == 403
    assert ask("/media/a.png", cookie="alcore_token=x.y") == 403
    assert [ask("/media/a.png", cookie=cookies[role]) for role in Role] == [200] * 4
    metrics = [ask("/_stcore/metrics", cookie=cookies[role]) for role in Role]
    assert metrics == [200, 403, 403, 403]
    withdraw_all(home)
    assert ask("/media/a.png", cookie=cookies[Role.OWNER]) == 403
    assert [ask(path) for path in ("/", "/static/a.js", "/_stcore/health")] == [200] * 3


def test_a_link_is_kept_as_a_cookie_that_no_script_reads(lab):
    ask, token = Asked(), lab(Role.VIEWER)
    ask("/", query=f"token={token}", accept="text/html,*/*")
    assert ask.headers[b"set-cookie"].decode() == (f"alcore_token={token}; Path=/; SameSite=Strict; HttpOnly")
    for query, accept in ((f"token={token}", "image/png"), ("token=x.y", "text/html"), ("", "text/html")):
        ask("/", query=query, accept=accept)
        assert b"set-cookie" not in ask.headers


def test_strangers_who_ask_without_end_have_to_wait(lab, monkeypatch):
    ask, now = Asked(), [0.0]
    monkeypatch.setattr(gate, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(gate, "_AT_ONCE", 5.0)
    monkeypatch.setattr(gate._Caller, "__init__", lambda self: vars(self).update(left=5.0, seen=now[0]))
    asked = [ask("/") for _ in range(8)]
    assert asked[0] == 200
    assert asked[-1] == 429
    assert ask("/", client="10.0.0.8") == 200
    assert ask("/", cookie=f"alcore_token={lab(Role.VIEWER)}") == 200, "who has a link is not counted"
    now[0] += 1
    assert ask("/") == 200


def test_a_component_file_that_is_missing_leaves_no_traceback(caplog):
    Gate(None)
    logger = logging.getLogger("streamlit.web.server.starlette.starlette_routes")
    with caplog.at_level(logging.INFO):
        try:
            raise FileNotFoundError("gone")
        except FileNotFoundError:
            logger.exception("Error reading bidi component asset: %s", "gone")
    assert [record.exc_info for record in caplog.records if record.levelno >= logging.INFO] == []
