"""The card of a data set: its numbers are those of the set, and it is harmless Markdown."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from alcore.__main__ import app
from alcore.data.collection import About, dataset_path, note_about, open_dataset, read_about
from alcore.data.data_groups import kept_together, prevalence_by_group
from alcore.data.importing.importer import import_dataset
from alcore.data.importing.options import ImportOptions
from alcore.data.synthetic import SurfaceSettings, SyntheticPatches
from alcore.presentation.data_card import card_mosaic, card_zip, make_card, to_markdown
from tests.data.helpers import SIZE, write_folder
from tests.data.trees import TREES


@pytest.fixture
def parts(tmp_path):
    source = write_folder(tmp_path / "in", TREES["KolektorSDD"][1]())
    import_dataset(source, dataset_path("parts"), options=ImportOptions(SIZE))
    return open_dataset("parts")


def test_groups_have_the_prevalence_of_their_folders(parts):
    groups = prevalence_by_group(parts)
    assert groups["patches"].sum() == 30
    assert groups["defective"].sum() == 10
    assert set(groups["group"]) == {f"kos{number:02d}" for number in range(1, 11)}
    assert np.allclose(groups["prevalence"], 1 / 3)
    assert kept_together(parts) == (10, 3)


def test_very_many_groups_end_in_a_row_of_others(parts):
    parts.items["source"] = [f"folder {number:02d}/x" for number in range(30)]
    groups = prevalence_by_group(parts)
    assert len(groups) == 20
    assert groups["group"].iloc[-1] == "11 others"
    assert groups["patches"].sum() == 30


def test_kinds_of_surfaces_are_groups():
    groups = prevalence_by_group(SyntheticPatches(SurfaceSettings(count=200, family="woven")))
    assert groups["patches"].sum() == 100
    assert len(groups) > 2


def test_a_card_says_what_the_set_holds(parts):
    note_about("parts", source="Ljubljana", licence="CC BY-NC-SA 4.0", note="")
    text = to_markdown(make_card(parts, read_about("parts")), picture="parts.png")
    assert text.startswith("# parts\n")
    assert "**Licence:** CC BY-NC-SA 4.0" in text
    assert "30 patches of 40x48, grey; 10 of 30 defective, a prevalence of 33.3 %." in text
    assert "| kos03 | 3 | 1 | 33.3 % |" in text
    assert "- layout: KolektorSDD, which explains all 60 files" in text
    assert "10 groups, the largest of 3 patches" in text
    assert "![Some patches, masks outlined](parts.png)" in text
    assert parts.fingerprint in text


def test_what_others_wrote_is_never_markup(parts):
    about = About(source="<script>x</script>", licence="![x](http://x)\n# big", note="a | b")
    text = to_markdown(make_card(parts, about))
    assert "<script>" not in text
    assert "![x]" not in text
    assert "\n# big" not in text


def test_a_card_and_its_picture_are_one_download(parts):
    card = make_card(parts, About())
    with zipfile.ZipFile(io.BytesIO(card_zip(card, card_mosaic(parts)))) as archive:
        assert archive.namelist() == ["parts.md", "parts.png"]
        assert b"not noted" in archive.read("parts.md")
        with Image.open(archive.open("parts.png")) as picture:
            assert picture.width > 800


def test_the_commands_note_rename_and_write_a_card(parts, tmp_path):
    runner = CliRunner()
    for arguments in (
        ["note", "parts", "--licence", "CC0"],
        ["note", "parts", "--source", "a shelf"],
        ["rename", "parts", "shelf"],
        ["card", "shelf", "--out", str(tmp_path / "card.md")],
    ):
        done = runner.invoke(app, ["data", *arguments])
        assert done.exit_code == 0, done.output
    text = (tmp_path / "card.md").read_text()
    assert "**Source:** a shelf" in text
    assert "**Licence:** CC0" in text
    assert "Formerly parts." in text
    assert (tmp_path / "card.png").stat().st_size > 1000
    assert runner.invoke(app, ["data", "card", "shelf"]).output.startswith("# shelf")
