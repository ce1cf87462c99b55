"""Images scored by a finished run's model, which is trained again; on the command line and from a queue."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from alcore.compute.scoring import score_images
from alcore.data.importing.importer import import_dataset
from alcore.data.importing.opened_source import open_source
from alcore.data.importing.options import ImportOptions
from alcore.data.importing.unlabelled import Cutting, open_unlabelled
from alcore.data.stored import StoredPatches
from alcore.errors import DataError, LimitError, StoreError
from alcore.experiment.cycle_key import CycleKey
from alcore.server import child_job, meter_events, meter_queue
from alcore.server.meter_queue import MeterQueue
from alcore.storage.run_store import RunStore
from tests.data.helpers import encoded, folder_files, write_folder
from tests.following import alcore, wait_for

LAST = CycleKey(1, 3, "entropy")


@pytest.fixture
def run(small_run, tmp_path):
    """A copy of the finished run, which may be written to."""
    return RunStore(shutil.copytree(small_run, tmp_path / "run"))


@pytest.fixture
def images(run, surfaces, tmp_path):
    """The run's test patches as image files, in their order."""
    folder = tmp_path / "images"
    folder.mkdir()
    items = run.record(LAST).test_items
    for number, pixels in enumerate(surfaces.images(items)[..., 0]):
        Image.fromarray(pixels).save(folder / f"{number:03d}.png")
    return folder


@pytest.mark.parametrize("start", ["warm", "cold"])
def test_the_model_made_again_is_the_very_one_that_the_run_had(run, images, start):
    if start == "cold":
        text = (run.directory / "config.json").read_text().replace('"warm"', '"cold"')
        (run.directory / "config.json").write_text(text)
    phases = []
    found = score_images(RunStore(run.directory), "entropy", [images], lambda *phase: phases.append(phase))
    record = run.record(LAST)
    same = np.array_equal(found.validation.scores, record.validation.max_probability)
    assert same == (start == "warm"), "records of a warm run are those of a warm model"
    assert found.key == LAST
    assert found.images == found.scores.size == record.test_items.size
    if start == "warm":
        np.testing.assert_allclose(found.scores, record.max_probability, atol=1e-6)
    steps = [phase for phase in phases if phase[0] == "training"]
    assert steps[-1] == ("training", *([9, 9] if start == "warm" else [3, 3])), "a cold cycle needs no other"
    again: list[tuple] = []
    kept = score_images(RunStore(run.directory), "entropy", [images], lambda *phase: again.append(phase))
    assert not [phase for phase in again if phase[0] == "training"], "it is kept for the next time"
    assert np.array_equal(kept.scores, found.scores)


def test_the_command_prints_both_estimates_and_names_what_it_left_out(run, images):
    (images / "broken.png").write_bytes(b"\x89PNG and then the line broke")
    Image.fromarray(np.zeros((32, 64), dtype=np.uint8)).save(images / "small.png")
    result = alcore("meter", str(run.directory), str(images), "--strategy", "entropy")
    assert result.returncode == 0, result.stderr
    assert "24 patches scored by entropy's model after cycle 3" in result.stdout
    assert "black box (BBSE): π₁ =" in result.stdout
    assert "maximum likelihood (EM): π₁ =" in result.stdout
    assert (
        "doubtful: the scores of defects are known from only 12 defective validation patches"
    ) in result.stdout
    assert "broken.png cannot be read as an image" in result.stderr
    assert "small.png is 32x64, smaller than the 64x64 patches" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("IMAGES", "--strategy", "entropi"), "did you mean 'entropy'"),
        (("EMPTY",), "there is no image (.bmp"),
        (("BROKEN",), "no image can be used; broken.png cannot be read"),
        (("FEW",), "at least 10 patches"),
    ],
)
def test_what_cannot_be_measured_is_one_sentence(run, images, tmp_path, arguments, words):
    places = {name: tmp_path / name.lower() for name in ("EMPTY", "BROKEN", "FEW")} | {"IMAGES": images}
    for name in ("EMPTY", "BROKEN", "FEW"):
        places[name].mkdir()
    (places["BROKEN"] / "broken.png").write_bytes(b"no image")
    shutil.copy(images / "000.png", places["FEW"])
    given = [str(places.get(word, word)) for word in arguments]
    result = alcore("meter", str(run.directory), *given)
    assert result.returncode == 2
    assert words in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr


def test_a_run_whose_data_set_was_replaced_or_whose_model_is_damaged_is_not_measured_with(run, images):
    run.weights_path(LAST).parent.mkdir(exist_ok=True)
    run.weights_path(LAST).write_bytes(b"damaged")
    with pytest.raises(StoreError, match="remove it"):
        score_images(run, "entropy", [images], lambda *_: None)
    environment = run.directory / "environment.json"
    environment.write_text(json.dumps(json.loads(environment.read_text()) | {"data": "another"}))
    with pytest.raises(DataError, match="has been replaced"):
        score_images(run, "entropy", [images], lambda *_: None)


def test_larger_images_are_cut_as_the_data_set_was_and_sixteen_bits_are_scaled_alike(tmp_path):
    large = np.arange(96 * 130, dtype=np.uint16).reshape(96, 130) * 4
    Image.fromarray(large).save(tmp_path / "a.png")
    Image.fromarray(large[:64, :64]).save(tmp_path / "b.png")
    tiles = open_unlabelled([tmp_path / "a.png", tmp_path / "b.png"], Cutting((64, 64, 1), tile=True))
    first, second = tiles.patches()
    assert first.shape == (6, 64, 64, 1), "the last row and column are moved inwards"
    assert np.array_equal(first[0], second[0]), "both by the brightest level of the two"
    (whole,) = open_unlabelled([tmp_path / "a.png"], Cutting((64, 64, 3), tile=False)).patches()
    assert whole.shape == (1, 64, 64, 3)


def test_images_in_use_are_shrunk_before_they_are_cut_where_the_data_set_s_were(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (12, 96, 128), dtype=np.uint8)
    files = {}
    for number, image in enumerate(pixels):
        defect = np.zeros(image.shape, dtype=bool)
        defect[:48, :48] = number % 2
        files[f"images/{number:02d}.png"] = encoded(image)
        files[f"masks/{number:02d}.png"] = encoded(np.uint8(defect) * 255)
    source = write_folder(tmp_path / "in", files)
    options = ImportOptions((32, 32), tile=True, resize_to=(48, 64))
    import_dataset(source, tmp_path / "small", options=options)
    patches = StoredPatches(tmp_path / "small")
    assert patches.info.how_cut == "images resized to 48x64, then cut as tiles"
    cutting = Cutting.of(patches)
    assert cutting == Cutting((32, 32, 1), tile=True, resized_to=(48, 64))
    read = open_unlabelled([source / "images"], cutting).patches()
    assert np.array_equal(np.concatenate(list(read)), patches.images(np.arange(len(patches.items))))
    description = tmp_path / "small" / "dataset.json"
    older = json.loads(description.read_text())
    assert older.pop("resized_to") == [48, 64]
    description.write_text(json.dumps(older))
    assert Cutting.of(StoredPatches(tmp_path / "small")).resized_to is None, "older data sets open"


DEEP = np.arange(40 * 48, dtype=np.uint16).reshape(40, 48)


def deep_set(tmp_path, brightest):
    """A data set of 16-bit images of one brightest level, imported whole."""
    files = folder_files(12)
    for number in range(12):
        image = DEEP.copy()
        image[0, number] = brightest
        files[f"images/{number:03d}.png"] = encoded(image)
    import_dataset(write_folder(tmp_path / "in", files), tmp_path / "deep", options=ImportOptions((40, 48)))
    return StoredPatches(tmp_path / "deep")


def test_images_in_use_are_scaled_by_the_levels_of_the_training_images(tmp_path):
    patches = deep_set(tmp_path, brightest=4095)
    assert patches.info.levels == (4095, 0.0)
    Image.fromarray(DEEP).save(tmp_path / "dark.png")
    Image.fromarray(DEEP * 4).save(tmp_path / "bright.png")
    some = open_unlabelled([tmp_path / "dark.png", tmp_path / "bright.png"], Cutting.of(patches))
    dark, bright = some.patches()
    assert np.array_equal(dark[0, 1:, :, 0], patches.images(np.array([0]))[0, 1:, :, 0])
    assert bright.max() == 255
    (note,) = some.notes()
    assert "1 image brighter than the brightest level" in note
    assert "bright.png has 7676" in note


def test_an_older_data_set_has_no_levels_and_that_is_a_sentence(tmp_path):
    deep_set(tmp_path, brightest=4095)
    description = tmp_path / "deep" / "dataset.json"
    older = json.loads(description.read_text())
    assert older.pop("levels") == [4095, 0.0]
    description.write_text(json.dumps(older))
    Image.fromarray(DEEP).save(tmp_path / "dark.png")
    some = open_unlabelled([tmp_path / "dark.png"], Cutting.of(StoredPatches(tmp_path / "deep")))
    (dark,) = some.patches()
    assert dark.max() > 230, "by its own brightest level"
    assert "has none on record" in some.notes()[0]
    Image.fromarray((DEEP // 8).astype(np.uint8)).save(tmp_path / "eight.png")
    shallow = open_unlabelled([tmp_path / "eight.png"], Cutting.of(StoredPatches(tmp_path / "deep")))
    list(shallow.patches())
    assert shallow.notes() == []


def test_events_come_back_and_what_is_none_is_refused():
    ended = meter_events.MeterEnded("finished", scores=[0.25], skipped={"a": "b"})
    for event in (ended, meter_events.MeterProgress("images", 1, 2)):
        assert meter_events.from_line(meter_events.to_line(event)) == event
    with pytest.raises(StoreError):
        meter_events.from_line("Traceback")


class Child:
    """What a scoring process looks like from outside."""

    returncode, pid = 1, 2**22 + 1

    def __init__(self, lines):
        self.stdout = lines

    def poll(self):
        return self.returncode

    def wait(self):
        return self.returncode


def test_an_upload_is_scored_in_a_child_and_leaves_nothing(home, images, tmp_path, monkeypatch):
    ended = meter_events.MeterEnded("finished", scores=[0.5])
    seen = []

    def start(*arguments, **environment):
        assert environment == {"ALCORE_HEARTBEAT": "1"}
        seen.append((arguments[0], open_source(Path(arguments[2])).names, arguments[3]))
        return Child(map(meter_events.to_line, [meter_events.MeterProgress("images", 1, 2), ended]))

    monkeypatch.setattr(child_job, "start_child", start)
    queue = MeterQueue(home)
    with (images / "000.png").open("rb") as file:
        job = queue.take("demo", tmp_path, "entropy", {"000.png": file})
    wait_for(lambda: not job.is_running, "the scores")
    assert job.ended == ended
    assert seen == [("meter", ["000.png"], "--strategy=entropy")]
    wait_for(lambda: not list((home / "uploads").iterdir()), "the upload's removal")
    monkeypatch.setattr(child_job, "start_child", lambda *_, **__: Child([]))
    with (images / "000.png").open("rb") as file:
        silent = queue.take("demo", tmp_path, "entropy", file)
    wait_for(lambda: not silent.is_running, "the end")
    assert "exited with code 1" in silent.ended.message
    monkeypatch.setattr(meter_queue, "_MOST_WAITING", 0)
    with pytest.raises(LimitError, match="wait already"):
        MeterQueue(home).take("demo", tmp_path, "entropy", tmp_path)
