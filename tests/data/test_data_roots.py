"""Folders of the server: listed and opened below the roots that the command line names, never elsewhere."""

import os

import pytest
from typer.testing import CliRunner

from alcore.__main__ import app
from alcore.data.importing.data_roots import VARIABLE, data_roots, listed_below, place_below
from alcore.errors import DataError


@pytest.fixture
def root(tmp_path, monkeypatch):
    root = tmp_path / "roots" / "data"
    (root / "line 3" / "day").mkdir(parents=True)
    (root / ".hidden").mkdir()
    (root / "a.zip").touch()
    (root / "notes.txt").touch()
    (tmp_path / "secret").mkdir()
    (root / "away").symlink_to(tmp_path / "secret")
    (root / "loop").symlink_to(root / "loop")
    (root / "alias").symlink_to(root / "line 3")
    monkeypatch.setenv(VARIABLE, str(root))
    return root


def test_without_a_root_there_is_nothing_to_browse(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert data_roots() == {}


def test_folders_and_zips_below_a_root_are_listed(root):
    assert data_roots() == {"data": root}
    assert listed_below(root, "") == ["a.zip", "alias/", "line 3/"]
    assert listed_below(root, "line 3") == ["day/"]
    assert place_below(root, "alias/day") == root / "line 3" / "day"


@pytest.mark.parametrize(
    "relative", ["..", "../../secret", "line 3/../..", "away", "away/x", "/etc", "nowhere", "loop", "x\0y"]
)
def test_nothing_outside_of_a_root_is_opened(root, relative):
    for ask in (place_below, listed_below):
        with pytest.raises(DataError) as said:
            ask(root, relative)
        assert "secret" not in str(said.value).replace(repr(relative), "")


def test_two_roots_of_one_name_are_kept_apart(root, tmp_path, monkeypatch):
    other = tmp_path / "elsewhere" / "data"
    other.mkdir(parents=True)
    monkeypatch.setenv(VARIABLE, os.pathsep.join([str(root), str(other)]))
    assert list(data_roots().values()) == [root, other]


def test_a_root_must_be_a_folder(tmp_path):
    result = CliRunner().invoke(app, ["dashboard", "--data-root", str(tmp_path / "none")])
    assert isinstance(result.exception, DataError)
    assert "is not a folder" in str(result.exception)
