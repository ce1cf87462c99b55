"""Out to annotation tools and back: every pixel, every name, and nothing that was not asked for."""

from __future__ import annotations

import json
import shutil
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays
from PIL import Image

from alcore.campaign.batch_folder import images_of
from alcore.campaign.campaign_log import CampaignLog, Label
from alcore.campaign.returned_labels import read_labels
from alcore.campaign.taking import take_labels
from alcore.data.importing.label_studio_brush import decode_brush, encode_brush
from alcore.data.importing.rle import from_lengths, to_lengths
from alcore.errors import DataError, StoreError
from tests.campaign.helpers import EXPORTS, SIDE, answered, export, item_of, label_studio_export, truth_of

MASKS = some.tuples(some.integers(1, 40), some.integers(1, 40)).flatmap(lambda size: arrays(bool, size))


@settings(max_examples=50)
@given(MASKS)
def test_run_lengths_come_back(mask):
    assert np.array_equal(from_lengths(to_lengths(mask), mask.shape), mask)
    assert np.array_equal(decode_brush(encode_brush(mask), mask.shape), mask)


def test_a_brush_of_a_large_image_comes_back():
    mask = np.zeros((300, 400), dtype=bool)
    mask[100:, 7:] = True
    assert np.array_equal(decode_brush(encode_brush(mask), mask.shape), mask)


@pytest.mark.parametrize("tool", EXPORTS)
def test_labels_come_back_from_every_tool_without_a_wrong_pixel(asked, tmp_path, tool):
    masks = answered(asked, 2)
    taken = take_labels(asked, export(tool, masks, tmp_path / tool))
    assert (taken.new, taken.changed, taken.missing, taken.refused) == (8, 0, [], {})
    labels = asked.log.read().labels
    shape = (SIDE, SIDE)
    assert any(mask.any() for mask in masks.values())
    for name, mask in masks.items():
        assert np.array_equal(labels[item_of(name)].pixels(shape)[0], mask)


@pytest.mark.parametrize("tool", EXPORTS)
def test_a_batch_without_a_defect_is_clean(asked, tmp_path, tool):
    """Where defects are rare, that is what most batches hold."""
    masks = {name: np.zeros((SIDE, SIDE), bool) for name in answered(asked, 2)}
    assert take_labels(asked, export(tool, masks, tmp_path / tool)).new == 8
    labels = asked.log.read().labels
    assert all(labels[item_of(name)] == Label("") for name in masks)


def test_a_zip_with_the_images_themselves_is_read_too(asked, tmp_path):
    table = export("coco", answered(asked, 2), tmp_path / "coco")
    with zipfile.ZipFile(tmp_path / "whole.zip", "w") as archive:
        archive.write(table, "annotations/instances_default.json")
        for file in (asked.images_of(2) / "images").iterdir():
            archive.write(file, f"images/default/{file.name}")
    assert take_labels(asked, tmp_path / "whole.zip").new == 8


@pytest.mark.parametrize("tool", ["cvat.xml", "coco.json"])
def test_predictions_that_went_out_are_those_of_the_model(asked, tool):
    """Accepted as they are, they come back as they were."""
    images = images_of(asked, 2, asked.log.read())
    found = read_labels(asked.images_of(2) / tool, asked.base, asked.log.read().known)
    assert any(image.predicted is not None and image.predicted.any() for image in images)
    for image in images:
        mask = np.zeros((SIDE, SIDE), bool) if image.predicted is None else image.predicted
        assert np.array_equal(found.labels[image.item].pixels((SIDE, SIDE))[0], mask)


def test_label_studio_gets_predictions_but_for_the_random_slice(asked):
    tasks = json.loads((asked.images_of(2) / "label-studio.json").read_text())
    images = images_of(asked, 2, asked.log.read())
    assert [task["data"]["item"] for task in tasks] == [image.item for image in images]
    for task, image in zip(tasks, images, strict=True):
        assert ("predictions" in task) == (image.rank is not None)
        for region in task.get("predictions", [{"result": []}])[0]["result"]:
            painted = decode_brush(region["value"]["rle"], (SIDE, SIDE))
            assert np.array_equal(painted, image.predicted)


def test_the_table_says_why_each_image_is_asked_for(asked):
    table = pd.read_csv(asked.images_of(2) / "batch.csv")
    batch = asked.log.read().asked[2]
    assert table["item"].tolist() == list(batch.items)
    chosen = table[table["rank"].notna()]
    assert chosen["rank"].tolist() == list(range(1, len(batch.chosen) + 1))
    assert chosen["score"].is_monotonic_decreasing
    assert chosen["why"].str.startswith("mean entropy").all()
    assert table.loc[table["rank"].isna(), "why"].str.startswith("random slice").all()
    for row in table.itertuples():
        image = np.asarray(Image.open(asked.images_of(2) / "images" / row.name))
        assert np.array_equal(image, asked.base.images(np.array([row.item]))[0, ..., 0])


class TestTaking:
    def test_the_same_export_twice_is_refused(self, asked, tmp_path):
        file = export("coco", answered(asked, 2), tmp_path / "second")
        take_labels(asked, file)
        before = asked.log.read().versions
        with pytest.raises(StoreError, match="8 labels, and they are here already"):
            take_labels(asked, file)
        assert asked.log.read().versions == before

    def test_two_parts_make_a_whole(self, asked, tmp_path):
        first = take_labels(
            asked, export("label-studio", answered(asked, 2, only=slice(5)), tmp_path / "one")
        )
        assert (first.new, len(first.missing)) == (5, 3)
        second = take_labels(asked, export("label-studio", answered(asked, 2), tmp_path / "two"))
        assert (second.new, second.unchanged, second.missing) == (3, 5, [])

    def test_a_changed_label_leaves_both_versions(self, asked, tmp_path):
        masks = answered(asked, 2)
        take_labels(asked, export("coco", masks, tmp_path / "one"))
        name = next(name for name, mask in masks.items() if not mask.any())
        masks[name] = np.eye(SIDE, dtype=bool)
        taken = take_labels(asked, export("cvat", masks, tmp_path / "two"))
        assert (taken.new, taken.changed, taken.unchanged) == (0, 1, 7)
        lines = [json.loads(line) for line in (asked.directory / "log.jsonl").read_text().splitlines()]
        item = str(item_of(name))
        versions = [line["labels"][item] for line in lines if item in line.get("labels", {})]
        assert [Label(**one).pixels((SIDE, SIDE))[0].sum() for one in versions] == [0, SIDE]
        assert asked.log.read().labels[item_of(name)] == Label(**versions[-1])

    @pytest.mark.parametrize("tool", ["label-studio", "coco", "cvat"])
    def test_what_nobody_asked_for_is_named_and_the_rest_taken(self, asked, tmp_path, tool):
        masks = answered(asked, 2) | {"999999-stranger.png": np.ones((SIDE, SIDE), bool)}
        taken = take_labels(asked, export(tool, masks, tmp_path / tool))
        assert taken.new == 8
        assert ["stranger" in name for name in taken.refused] == [True]

    @pytest.mark.parametrize("tool", ["label-studio", "coco", "cvat", "masks"])
    def test_a_mask_of_another_size_is_named_and_not_taken(self, asked, tmp_path, tool):
        masks = answered(asked, 2)
        name = next(name for name, mask in masks.items() if mask.any())
        masks[name] = np.pad(masks[name], ((0, 8), (0, 0)))
        taken = take_labels(asked, export(tool, masks, tmp_path / tool))
        assert taken.new == 7
        assert list(taken.refused) == [name]
        assert f"{SIDE + 8}x{SIDE}" in taken.refused[name]
        assert taken.missing == [name]

    def test_a_task_without_an_annotation_is_missing_and_not_clean(self, asked, tmp_path):
        file = label_studio_export(answered(asked, 2), tmp_path / "project.json")
        tasks = json.loads(file.read_text())
        tasks[0]["annotations"] = []
        file.write_text(json.dumps(tasks))
        taken = take_labels(asked, file)
        assert (taken.new, len(taken.missing)) == (7, 1)
        assert "has no annotation" in taken.refused[taken.missing[0]]

    def test_classes_choose_what_is_a_defect(self, asked, tmp_path):
        from alcore.data.importing.options import Foreground

        masks = answered(asked, 2)
        take_labels(
            asked, export("coco", masks, tmp_path / "one"), foreground=Foreground(ignored_names=("defect",))
        )
        some_defect = next(item_of(name) for name, mask in masks.items() if mask.any())
        label = asked.log.read().labels[some_defect]
        assert (label.mask, bool(label.ignored)) == ("", True)
        patches = asked.patches(asked.log.read())
        ignored = patches.ignored(np.array([some_defect]))
        assert np.array_equal(ignored[0], truth_of(asked, some_defect))

    @pytest.mark.parametrize(
        ("name", "content", "reason"),
        [
            ("a.json", b"{", "names no image that was asked for"),
            ("a.txt", b"labels", "names no image that was asked for"),
            ("gone.json", None, "there is no file"),
        ],
    )
    def test_what_is_no_export_is_refused_in_a_sentence(self, asked, tmp_path, name, content, reason):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        before = asked.log.read().versions
        with pytest.raises(DataError, match=reason):
            take_labels(asked, tmp_path / name)
        assert asked.log.read().versions == before

    def test_the_images_alone_are_no_labels(self, asked):
        with pytest.raises(DataError, match="only the images themselves"):
            take_labels(asked, asked.images_of(2) / "images")


class TestLog:
    def test_half_a_line_stands_for_nothing(self, asked):
        file, log = asked.directory / "log.jsonl", asked.log
        history = log.read()
        with file.open("ab") as opened:
            opened.write(b'{"event": "stopped", "wh')
        assert log.read() == history
        log.append("stopped", why="now")
        assert log.read().stopped == "now"
        assert all(json.loads(line) for line in file.read_text().splitlines())

    def test_a_line_that_is_none_is_named(self, tmp_path):
        (tmp_path / "log.jsonl").write_bytes(b'{"event": "asked"}\n')
        with pytest.raises(StoreError, match="damaged in line 1"):
            CampaignLog(tmp_path / "log.jsonl").read()

    def test_a_damaged_selection_is_named(self, asked, tmp_path):
        take_labels(asked, export("coco", answered(asked, 2), tmp_path / "second"))
        asked.selection_of(2).write_bytes(b"no zip")
        shutil.rmtree(asked.images_of(2))
        with pytest.raises(StoreError, match="damaged"):
            images_of(asked, 2, asked.log.read())
