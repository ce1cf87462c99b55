"""Data sets by name: renamed ones are found by what they were called, and notes go with them."""

import json

import pytest

from alcore.data.collection import (
    About,
    dataset_names,
    dataset_path,
    delete_dataset,
    make_surfaces,
    note_about,
    open_dataset,
    place_of,
    read_about,
    rename_dataset,
)
from alcore.data.importing.importer import import_dataset
from alcore.data.importing.options import ImportOptions
from alcore.data.synthetic import SurfaceSettings
from alcore.errors import DataError
from tests.data.helpers import SIZE, folder_files, write_folder


@pytest.fixture
def mine(tmp_path):
    source = write_folder(tmp_path / "in", folder_files())
    return import_dataset(source, dataset_path("mine"), options=ImportOptions(SIZE))


def test_a_renamed_set_is_found_by_both_names(mine):
    rename_dataset("mine", "plates")
    rename_dataset("plates", "plates-2")
    assert dataset_names() == ["synthetic", "plates-2"]
    for name in ("mine", "plates", "plates-2"):
        assert open_dataset(name).fingerprint == mine.fingerprint
    assert open_dataset("plates-2").name == "plates-2"
    assert read_about("mine").former == ("mine", "plates")
    rename_dataset("plates-2", "mine")
    assert read_about("mine").former == ("plates", "plates-2")
    assert dataset_names() == ["synthetic", "mine"]


def test_a_new_set_of_a_former_name_is_the_one_that_is_meant(mine, tmp_path):
    rename_dataset("mine", "plates")
    make_surfaces("mine", SurfaceSettings(count=40))
    assert open_dataset("mine").fingerprint != mine.fingerprint
    delete_dataset("mine")
    assert open_dataset("mine").fingerprint == mine.fingerprint


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("none", "x", "no imported or generated"),
        ("synthetic", "x", "no imported or generated"),
        ("mine", "../x", "cannot be the name of a data set"),
        ("mine", "synthetic", "built-in"),
        ("mine", "other", "exists"),
    ],
)
def test_names_that_cannot_be_given_are_a_sentence(mine, old, new, words):
    make_surfaces("other", SurfaceSettings(count=40))
    with pytest.raises(DataError, match=words):
        rename_dataset(old, new)
    assert dataset_names() == ["synthetic", "mine", "other"]


def test_notes_are_kept_and_change_nothing_else(mine):
    note_about("mine", source="line 3, May", licence="CC BY 4.0", note="")
    rename_dataset("mine", "plates")
    assert read_about("plates") == About("line 3, May", "CC BY 4.0", "", ("mine",))
    assert open_dataset("plates").fingerprint == mine.fingerprint
    with pytest.raises(DataError, match="up to 4000"):
        note_about("plates", source="x" * 5000, licence="", note="")
    with pytest.raises(DataError, match="only for data sets"):
        note_about("synthetic", source="x", licence="", note="")


@pytest.mark.parametrize("content", ["", "[]", '{"source": 3, "former": 7}', '{"colour": "red"}'])
def test_a_damaged_note_does_not_lock_its_data_set(mine, content):
    (dataset_path("mine") / "about.json").write_text(content)
    assert open_dataset("mine").fingerprint == mine.fingerprint
    assert isinstance(read_about("mine"), About)
    assert place_of("nowhere") is None
    note_about("mine", source="again", licence="", note="")
    assert json.loads((dataset_path("mine") / "about.json").read_text())["source"] == "again"
