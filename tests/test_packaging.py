"""The wheel: what it carries, what it asks for, and what is said where an extra is missing."""

import configparser
import json
import re
import subprocess
import sys
import zipfile
from email.parser import Parser

import pytest

from alcore import __version__
from alcore.errors import MissingExtraError, needs_extra
from tests.conftest import ROOT
from tests.pace import pace

_SERVED = {".js", ".css", ".html"}
"""Suffixes of what browsers are given."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120 * pace())
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as opened:
        yield opened


@pytest.fixture(scope="module")
def metadata(wheel):
    name = next(name for name in wheel.namelist() if name.endswith("dist-info/METADATA"))
    return Parser().parsestr(wheel.read(name).decode())


def requirements(section):
    """Names under a comment of requirements.txt."""
    text = (ROOT / "requirements.txt").read_text().partition(f"# {section}\n")[2].partition("\n\n")[0]
    return {line.split(">")[0] for line in text.splitlines() if not line.startswith("#")}


def test_pages_and_assets_travel_with_the_package(wheel):
    names = set(wheel.namelist())
    for folder in ("pages", "assets"):
        files = {
            path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts
        }
        assert {f"alcore/bundle/{path.relative_to(ROOT).as_posix()}" for path in files} <= names
    assert {
        "alcore/bundle/app.py",
        "alcore/bundle/.streamlit/config.toml",
        "alcore/py.typed",
    } <= names
    chart = ROOT / "alcore/presentation/live_chart"
    scripts = {path.relative_to(ROOT).as_posix() for path in chart.iterdir() if path.suffix in _SERVED}
    assert scripts
    assert scripts <= names
    assert not [name for name in names if name.startswith("tests/") or "__pycache__" in name]


def test_dependencies_and_extras_are_those_of_requirements_txt(metadata):
    asked = [line.split(";") for line in metadata.get_all("Requires-Dist")]
    plain = {line[0].split(">")[0].split("<")[0] for line in asked if len(line) == 1}
    assert plain == requirements("main")
    assert set(metadata.get_all("Provides-Extra")) == {"ray", "report", "coco", "all"}
    for extra in ("ray", "report", "coco"):
        found = {line[0].split(">")[0] for line in asked if len(line) > 1 and f"'{extra}'" in line[1]}
        assert found == requirements(f"extra: {extra}")


def test_version_and_command(wheel, metadata):
    assert metadata["Version"] == __version__
    entry_points = next(name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    assert "alcore = alcore.__main__:main" in wheel.read(entry_points).decode()


def test_every_requirement_is_locked():
    locked = {line.split("==")[0].lower().replace("_", "-") for line in (ROOT / "requirements.lock").open()}
    names = requirements("main") | requirements("extra: ray") | requirements("extra: coco")
    assert {re.split("[<=]", name)[0].lower() for name in names} <= locked


def test_a_missing_extra_is_one_sentence_that_names_it():
    with pytest.raises(MissingExtraError, match=r"no_such_thing.*alcore\[ray\]"), needs_extra("ray"):
        import no_such_thing  # noqa: F401


def test_what_a_server_is_deployed_with_says_what_the_command_line_knows():
    deploy = ROOT / "docs" / "deploy"
    known = {"--lab", "--host", "--server.headless=true", "--server.address=127.0.0.1", "--server.port=8501"}
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str
    unit.read_string((deploy / "alcore.service").read_text().replace("\\\n", " "))
    words = unit["Service"]["ExecStart"].split()
    assert words[1:4] == ["-m", "alcore", "dashboard"]
    assert {word for word in words if word.startswith("--")} <= known
    assert unit["Service"]["User"] != "root"
    lines = (deploy / "Containerfile").read_text().splitlines()
    entry = json.loads(
        next(line for line in lines if line.startswith("ENTRYPOINT")).removeprefix("ENTRYPOINT")
    )
    assert entry[:2] == ["alcore", "dashboard"]
    assert set(entry[2:]) <= known
    last_user = [line for line in lines if line.startswith("USER")][-1]
    assert last_user == "USER alcore"
    copied = [line.split()[1] for line in lines if line.startswith("COPY")]
    assert all((ROOT / name).exists() for name in copied)
