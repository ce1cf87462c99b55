"""Where a server listens, and under which names: nobody is let in by mistake."""

import pytest
from typer.testing import CliRunner

from alcore.__main__ import app
from alcore.access.admission import ADMISSION, Admission
from alcore.access.invitations import read_token
from alcore.commands.dashboard import reach
from alcore.errors import AlcoreError, ConfigError
from alcore.server.processes import SPARE, starts_ahead


@pytest.mark.parametrize(
    "options", [["--server.address=0.0.0.0"], ["--server.address", "192.168.0.4"], ["--server.address="]]
)
def test_other_machines_are_not_let_in_without_asking_who_they_are(options):
    with pytest.raises(ConfigError, match=r"add --lab.*or --i-know-that-anyone-can-use-it"):
        reach(options, Admission.LOCAL, [])
    for way in (Admission.LAB, Admission.OPEN):
        assert not any(option.startswith("--server.address") for option in reach(options, way, []))


def test_the_environment_says_an_address_too(monkeypatch):
    monkeypatch.setenv("STREAMLIT_SERVER_ADDRESS", "0.0.0.0")
    with pytest.raises(ConfigError):
        reach([], Admission.LOCAL, [])
    assert reach(["--server.address=127.0.0.1"], Admission.LOCAL, [])


def test_names_are_this_machines_and_those_that_were_given():
    local = reach([], Admission.LOCAL, [])
    assert local == [f"--server.allowedHosts={name}" for name in ("localhost", "127.0.0.1", "::1")]
    lab = reach([], Admission.LAB, ["lab.example.org"])
    assert lab[0] == "--server.address=0.0.0.0"
    assert "--server.allowedHosts=lab.example.org" in lab
    assert "--server.allowedHosts=*" not in lab
    assert reach(["--server.allowedHosts=x"], Admission.LOCAL, []) == []


@pytest.mark.parametrize(
    ("options", "environment", "ahead"),
    [([], "", True), (["--no-spare"], "", False), ([], "no", False), (["--spare"], "no", True)],
)
def test_a_worker_is_started_ahead_unless_it_is_not_wanted(options, environment, ahead, home, monkeypatch):
    monkeypatch.setenv(SPARE, environment)
    monkeypatch.setenv(ADMISSION, "")  # both are put back after the test
    monkeypatch.setattr("alcore.commands.dashboard.serve", lambda _: None)
    monkeypatch.setattr("alcore.commands.dashboard.write_log", lambda *_: None)
    result = CliRunner().invoke(app, ["dashboard", *options])
    assert result.exit_code == 0, result.output
    assert starts_ahead() == ahead


def test_a_link_is_printed_that_lets_in(home):
    result = CliRunner().invoke(
        app, ["invite", "--role", "member", "--name", "ben", "--address", "http://lab/"]
    )
    address, _, token = result.output.strip().partition("/?token=")
    assert address == "http://lab"
    assert read_token(home, token).name == "ben"
    again = CliRunner().invoke(app, ["invite", "--role", "viewer", "--withdraw-all"])
    assert again.exit_code == 0
    with pytest.raises(AlcoreError):
        read_token(home, token)
    bad = CliRunner().invoke(app, ["invite", "--role", "members"])
    assert "did you mean 'member'?" in str(bad.exception)
