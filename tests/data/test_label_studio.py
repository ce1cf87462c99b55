"""Label Studio: what its regions say, which of its annotations count, and its packed brush strokes."""

import base64

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alcore.data.cutting import IGNORED
from alcore.data.importing.label_studio_brush import decode_brush
from alcore.data.importing.options import Foreground
from alcore.errors import DataError
from tests.data.helpers import encoded
from tests.data.read_marks import IMAGE, SIZE, box, read


def shares(*points):
    """x, y in pixels -> per cent."""
    return [[100 * x / SIZE[1], 100 * y / SIZE[0]] for x, y in points]


def region(kind, value, label="dent", **more):
    size = {"original_width": SIZE[1], "original_height": SIZE[0], "image_rotation": 0}
    return (
        {"type": f"{kind}labels", "value": value | {f"{kind}labels": [label]}, "from_name": "tag"}
        | size
        | more
    )


def task(*regions, image="/data/upload/3/0a1b2c3d-a.png", **annotation):
    return {"id": 1, "data": {"image": image}, "annotations": [{"result": list(regions)} | annotation]}


def rectangle(left, top, right, bottom, **more):
    (x, y), (width, height) = shares((left, top), (right - left, bottom - top))
    return {"x": x, "y": y, "width": width, "height": height} | more


POLYGON = region("polygon", {"points": shares((10, 5), (20, 5), (20, 15), (10, 15))})


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        (POLYGON, box(5, 10, 15, 20)),
        (region("rectangle", rectangle(10, 5, 20, 15)), box(5, 10, 15, 20)),
        # a quarter turn about the upper left corner swings the box to the left of it
        (region("rectangle", rectangle(30, 5, 40, 25, rotation=90)), box(5, 10, 15, 30)),
    ],
)
def test_label_studios_regions_are_drawn(tmp_path, drawn, expected):
    found = read(tmp_path, {"p.json": [task(drawn)], "a.png": IMAGE})
    assert np.array_equal(found["a.png"][0], expected)


def test_label_studios_ellipse_has_its_radii_in_shares_of_each_side(tmp_path):
    (x, y), (along, across) = shares((30, 20), (12, 6))
    drawn = region("ellipse", {"x": x, "y": y, "radiusX": along, "radiusY": across, "rotation": 0})
    rows, columns = np.nonzero(read(tmp_path, {"p.json": [task(drawn)], "a.png": IMAGE})["a.png"][0])
    assert (columns.min(), columns.max(), rows.min(), rows.max()) == (18, 42, 14, 26)


def test_shape_and_label_of_one_region_may_come_apart_in_label_studio(tmp_path):
    shape = POLYGON | {"id": "r1", "type": "polygon", "value": {"points": POLYGON["value"]["points"]}}
    label = {"id": "r1", "type": "labels", "value": shape["value"] | {"labels": ["dent"]}}
    files = {"p.json": [task(shape, label)], "a.png": IMAGE}
    found = read(tmp_path, files, foreground=Foreground(names=("dent",)))
    assert np.array_equal(found["a.png"][0], box(5, 10, 15, 20))


def test_the_ground_truth_of_a_task_counts_before_its_other_annotations(tmp_path):
    both = task(region("rectangle", rectangle(0, 0, 30, 30)))
    both["annotations"] += [{"result": [POLYGON], "ground_truth": True}]
    both["predictions"] = [{"result": [region("rectangle", rectangle(30, 20, 50, 30))]}]
    assert np.array_equal(read(tmp_path, {"p.json": [both], "a.png": IMAGE})["a.png"][0], box(5, 10, 15, 20))


@pytest.mark.parametrize("annotations", [[], [{"result": [POLYGON], "was_cancelled": True}]])
def test_a_task_that_nobody_finished_is_not_clean(tmp_path, annotations):
    with pytest.raises(DataError, match=r"a.png has no annotation in p.json, so it may not be clean"):
        read(tmp_path, {"p.json": [task() | {"annotations": annotations}], "a.png": IMAGE})


def test_a_task_with_an_empty_annotation_is_clean(tmp_path):
    assert not read(tmp_path, {"p.json": [task()], "a.png": IMAGE})["a.png"][0].any()


def test_an_image_turned_in_label_studio_is_refused(tmp_path):
    with pytest.raises(DataError, match="was turned in Label Studio"):
        read(tmp_path, {"p.json": [task(POLYGON | {"image_rotation": 90})], "a.png": IMAGE})


@pytest.mark.parametrize(
    "address",
    [
        "a.png",
        "/data/local-files/?d=line%201/a.png",
        "s3://bucket/line 1/a.png",
        "https://example.com/x/a.png?signature=1",
        "/tasks/4/resolve/?fileuri=" + base64.b64encode(b"gs://bucket/line 1/a.png").decode().rstrip("="),
    ],
)
def test_label_studio_may_call_an_image_by_many_addresses(tmp_path, address):
    files = {"p.json": [task(POLYGON, image=address)], "line 1/a.png": IMAGE}
    assert read(tmp_path, files)["line 1/a.png"][0].any()


def test_key_points_are_counted_and_leave_an_image_unknown(tmp_path):
    point = region("keypoint", {"x": 4, "y": 4, "width": 1})
    found = read(tmp_path, {"p.json": [task(point, POLYGON)], "a.png": IMAGE})
    assert found["a.png"][1] == {"key point without area": 1}


def test_a_choice_of_label_studio_is_no_mark(tmp_path):
    choice = {"type": "choices", "value": {"choices": ["bad"]}, "from_name": "c"}
    assert read(tmp_path, {"p.json": [task(choice)], "a.png": IMAGE})["a.png"][1] == {}


def test_brush_strokes_in_pngs_need_a_table_that_names_their_image(tmp_path):
    stroke = {"task-5-annotation-2-by-1-tag-dent-0.png": encoded(box(5, 10, 15, 20) * 255)}
    with pytest.raises(DataError, match="no file says which image that is"):
        read(tmp_path / "a", {**stroke, "x.png": IMAGE})
    assert read(tmp_path / "b", {**stroke, "task-5.png": IMAGE})["task-5.png"][0].sum() == 121


def test_a_table_of_brush_strokes_may_have_long_fields(tmp_path):
    stroke = {"task-5-annotation-2-by-1-tag-dent-0.png": encoded(box(5, 10, 15, 20) * 255)}
    header = "annotation_id,id,image,lead_time,note,tag"
    table = f'{header}\n2,5,/data/upload/1/0a1b2c3d-a.png,1,"//[",{"1" * 200_000}\n'
    assert read(tmp_path, {**stroke, "r.csv": table.encode(), "a.png": IMAGE})["a.png"][0].sum() == 121


def packed(values, lengths=(3, 4, 8, 16), size=8):
    """Strokes packed as Label Studio's page does it: runs of equal values, or of different ones."""
    bits = f"{len(values):032b}{size - 1:05b}" + "".join(f"{length - 1:04b}" for length in lengths)
    at = 0
    while at < len(values):
        end = at + 1
        while end < len(values) and values[end] == values[at] and end - at < 2 ** lengths[-1]:
            end += 1
        repeats = end - at > 1
        if not repeats:
            while end < len(values) and values[end] != values[end - 1] and end - at < 2 ** lengths[0]:
                end += 1
        which = next(i for i, length in enumerate(lengths) if end - at <= 2**length)
        bits += f"{int(repeats)}{which:02b}{end - at - 1:0{lengths[which]}b}"
        bits += "".join(f"{value:0{size}b}" for value in (values[at : at + 1] if repeats else values[at:end]))
        at = end
    bits += "0" * (-len(bits) % 8)
    return [int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)]


@given(st.integers(1, 6), st.integers(1, 6), st.data())
def test_brush_strokes_are_unpacked_whatever_colour_they_have(height, width, data):
    count = height * width * 4
    values = data.draw(st.lists(st.sampled_from([0, 1, 100, 255]), min_size=count, max_size=count))
    found = decode_brush(packed(values), (height, width))
    assert np.array_equal(found, np.array(values).reshape(height, width, 4)[..., 3] > 0)


@given(st.lists(st.integers(-1, 256), max_size=40))
def test_no_list_of_numbers_makes_brush_strokes_raise_anything_else(numbers):
    try:
        assert decode_brush(numbers, (2, 3)).shape == (2, 3)
    except ValueError as error:
        assert str(error)


def test_an_image_that_no_table_names_is_not_clean(tmp_path):
    files = {"p.json": [task(POLYGON)], "a.png": IMAGE, "b.png": IMAGE}
    with pytest.raises(DataError, match=r"b.png has no annotation; add one, or say that a missing mask"):
        read(tmp_path, files)
    assert not read(tmp_path, files, missing_mask_is_clean=True)["b.png"][0].any()


def test_two_uploads_of_one_name_are_not_taken_for_one_image(tmp_path):
    tasks = [task(POLYGON), task(image="/data/upload/3/99aabbcc-a.png")]
    with pytest.raises(
        DataError, match=r"0a1b2c3d-a.png and /data/upload/3/99aabbcc-a.png, which both fit a.png"
    ):
        read(tmp_path, {"p.json": tasks, "a.png": IMAGE})


def test_an_image_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"p.json names a.png, which is not there"):
        read(tmp_path, {"p.json": [task(POLYGON)], "b.png": IMAGE})


def test_classes_are_chosen_by_name(tmp_path):
    other = region("rectangle", rectangle(30, 20, 40, 30), label="shadow")
    files = {"p.json": [task(POLYGON, other)], "a.png": IMAGE}
    found = read(tmp_path, files, foreground=Foreground(names=("dent",), ignored_names=("shadow",)))
    expected = box(5, 10, 15, 20)
    expected[20:31, 30:41] = IGNORED
    assert np.array_equal(found["a.png"][0], expected)
    with pytest.raises(DataError, match="has no class 'dentt' here"):
        read(tmp_path, files, foreground=Foreground(names=("dentt",)))
