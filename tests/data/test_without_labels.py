"""Images without masks: in a data set, and in no run."""

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from alcore.commands.data import data_app
from alcore.config import make_config
from alcore.data.collection import open_dataset
from alcore.data.importing.importer import Import
from alcore.data.importing.options import ImportOptions
from alcore.data.importing.without_labels import import_unlabelled
from alcore.data.overview import describe
from alcore.data.patches import Split, items_of, labelled_items
from alcore.data.stored import StoredPatches
from alcore.errors import DataError, PoolError
from alcore.experiment.repetition import draw_repetition
from tests.conftest import SMALL

OPTIONS = ImportOptions(patch=(32, 32))


@pytest.fixture
def images(tmp_path):
    """Twelve images of noise, none with a mask."""
    folder = tmp_path / "line"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(12):
        Image.fromarray(rng.integers(0, 256, (32, 32), dtype=np.uint8)).save(folder / f"{number:02d}.png")
    return folder


@pytest.fixture
def labelled(tmp_path):
    """Thirty images with masks, ten of them defective."""
    source = tmp_path / "source"
    rng = np.random.default_rng(1)
    for part in ("images", "masks"):
        (source / part).mkdir(parents=True)
    for number in range(30):
        mask = np.zeros((32, 32), dtype=np.uint8)
        mask[4:9, 4:9] = 255 * (number < 10)
        Image.fromarray(rng.integers(0, 256, (32, 32), dtype=np.uint8)).save(
            source / "images" / f"{number:02d}.png"
        )
        Image.fromarray(mask).save(source / "masks" / f"{number:02d}.png")
    return source


def test_images_alone_are_a_set_that_no_run_takes(images, tmp_path):
    info = import_unlabelled([images], tmp_path / "alone", OPTIONS)
    patches = StoredPatches(tmp_path / "alone")
    assert (info.patches, info.unlabelled, info.defective) == (12, 12, 0)
    assert np.isnan(info.prevalence)
    assert labelled_items(patches).size == 0
    assert (patches.split == Split.UNLABELLED).all()
    with pytest.raises(PoolError):
        draw_repetition(make_config(SMALL), patches, 1)


def test_labelled_ones_come_first_and_keep_their_sides(images, labelled, tmp_path):
    """Their rows are those of the set without more images, so the same runs can be made of them."""
    whole = Import(labelled, options=OPTIONS)
    whole.write(tmp_path / "whole")
    Import(labelled, options=OPTIONS).write(tmp_path / "part", unlabelled=[images])
    alone, both = StoredPatches(tmp_path / "whole"), StoredPatches(tmp_path / "part")
    known = np.arange(30)
    assert labelled_items(both).tolist() == known.tolist()
    assert np.array_equal(both.split[known], alone.split)
    assert np.array_equal(both.masks(known), alone.masks(known))
    overview = describe(both)
    assert (overview.patches, overview.unlabelled, overview.defective) == (42, 12, 10)
    assert overview.prevalence == pytest.approx(1 / 3)
    assert items_of(both, Split.TEST).size == items_of(alone, Split.TEST).size


def test_a_few_labels_that_cannot_be_split_are_for_training(images, labelled, tmp_path):
    for file in labelled.glob("*/*.png"):
        if int(file.stem) >= 2:
            file.unlink()
    Import(labelled, options=OPTIONS).write(tmp_path / "few", unlabelled=[images])
    assert (StoredPatches(tmp_path / "few").split[:2] == Split.TRAIN).all()


def test_unlabelled_images_are_cut_like_the_others(images, labelled, tmp_path):
    options = ImportOptions(patch=(16, 16), tile=True)
    Import(labelled, options=options).write(tmp_path / "tiles", unlabelled=[images])
    items = StoredPatches(tmp_path / "tiles").items.iloc[-48:]
    assert set(zip(items["row"], items["column"], strict=True)) == {(0, 0), (0, 16), (16, 0), (16, 16)}
    assert items["source"].nunique() == 12


def test_a_file_that_is_no_image_ends_it_or_is_left_out(images, tmp_path):
    (images / "99.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"99\.png"):
        import_unlabelled([images], tmp_path / "bad", OPTIONS)
    info = import_unlabelled([images], tmp_path / "rest", ImportOptions(patch=(32, 32), skip_bad=True))
    assert info.patches == 12
    assert list(info.skipped) == ["99.png"]


def test_the_command_takes_images_alone(images):
    result = CliRunner().invoke(
        data_app, ["import", "--name", "line", "--unlabelled", str(images), "--patch", "32x32"]
    )
    assert result.exit_code == 0, result.output
    assert "line: 12 patches, 12 without a label" in result.output
    assert open_dataset("line").defective.size == 12
    assert isinstance(CliRunner().invoke(data_app, ["import", "--name", "x"]).exception, DataError)
