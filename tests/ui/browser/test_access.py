"""A server for a lab, in a browser: links, cookies, and names that it does not answer to."""

import json
import socket

import pytest
from playwright.sync_api import expect

from alcore.access.invitations import make_token
from alcore.access.roles import Role
from tests.dashboard import run_button, serving


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    home = tmp_path_factory.mktemp("lab") / "home"
    with serving(home, "--lab", "--log-format=json") as (address, _):
        yield address, home


def test_a_link_lets_in_stays_in_the_browser_and_out_of_the_address(lab, browser):
    address, home = lab
    page = browser.new_context().new_page()
    page.goto(address)
    expect(page.get_by_text("Open the link that you were given")).to_be_visible()
    assert run_button(page).count() == 0
    token = make_token(home, Role.VIEWER, hours=1, name="vi")
    page.goto(f"{address}/?token={token}")
    barred = page.locator(".st-key-run_button button").first  # Streamlit draws one with a help twice
    expect(barred).to_be_disabled()
    page.wait_for_function("!window.location.href.includes('token')")
    page.goto(f"{address}/runs")  # a new session, with the cookie alone
    expect(page.get_by_text("start one in the Lab")).to_be_visible()
    page.goto(address)
    expect(barred).to_be_disabled()
    barred.hover(force=True)
    expect(page.get_by_text("Only members may start runs")).to_be_visible()
    assert not [path for path in (home / "runs").iterdir() if path.is_dir()]
    log = (home / "server.log").read_text()
    logged = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert logged[0]["event"] == "server_started"
    assert logged[0]["admission"] == "lab"
    signed_in = {"event": "signed_in", "visitor": "vi", "role": "viewer"}
    assert any(signed_in.items() <= line.items() for line in logged)
    assert token not in log


def shake_hands(address, host):
    """The status line of a WebSocket handshake under a host's name."""
    name, _, port = address.removeprefix("http://").partition(":")
    with socket.create_connection((name, int(port)), timeout=10) as connection:
        lines = [
            "GET /_stcore/stream HTTP/1.1",
            f"Host: {host}:{port}",
            f"Origin: http://{host}:{port}",
            *("Upgrade: websocket", "Connection: Upgrade"),
            *("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"),
        ]
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        return connection.recv(200).split(b"\r\n")[0].decode()


@pytest.mark.parametrize("host", ["attacker.example", "127.0.0.1.attacker.example", "localhost.example"])
def test_a_name_that_points_here_from_elsewhere_is_not_answered(lab, served, host):
    for address in (lab[0], served[0]):
        assert "101" in shake_hands(address, "127.0.0.1")
        assert "403" in shake_hands(address, host)
