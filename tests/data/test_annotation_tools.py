"""Annotation tools: what their files can say beyond one painted mask."""

import base64
import io
import json
import zlib

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_mask

from alcore.data.importing.json_per_image import nested
from alcore.errors import DataError
from tests.data.helpers import encoded
from tests.data.read_marks import IMAGE, SIZE, box, read

# V7 Darwin


def darwin(*annotations, **slot):
    slots = [{"type": "image", "slot_name": "0", "width": SIZE[1], "height": SIZE[0]} | slot]
    item = {"name": "a.png", "path": "/line 1", "slots": slots}
    named = [{"id": str(i), "name": "dent"} | one for i, one in enumerate(annotations)]
    return {
        "version": "2.0",
        "schema_ref": "https://darwin/2.0/schema.json",
        "item": item,
        "annotations": named,
    }


def path(*points):
    return [{"x": x, "y": y} for x, y in points]


def test_darwins_boxes_and_ellipses_are_drawn_and_lines_are_counted(tmp_path):
    bounds = {"bounding_box": {"x": 10, "y": 5, "w": 10, "h": 10}}
    line = {"line": {"path": path((0, 0), (5, 5))}}
    found = read(tmp_path, {"line 1/a.png": IMAGE, "a.json": darwin(bounds, line, {"tag": {}})})
    assert np.array_equal(found["line 1/a.png"][0], box(5, 10, 15, 20))
    assert found["line 1/a.png"][1] == {"line without area": 1}
    round_ = {"ellipse": {"center": {"x": 30, "y": 20}, "radius": {"x": 12, "y": 6}, "angle": np.pi / 2}}
    rows, columns = np.nonzero(read(tmp_path, {"a.json": darwin(round_)})["line 1/a.png"][0])
    assert (columns.min(), columns.max(), rows.min(), rows.max()) == (24, 36, 8, 32)


def test_a_video_of_darwin_is_refused(tmp_path):
    with pytest.raises(DataError, match="of a video or of several views"):
        read(tmp_path, {"line 1/a.png": IMAGE, "a.json": darwin(type="video")})


def test_outlines_nest_by_the_even_odd_rule():
    def ring(inset):
        return [(inset, inset), (40 - inset, inset), (40 - inset, 40 - inset), (inset, 40 - inset)]

    away = [(50, 0), (55, 0), (55, 5)]
    parts = nested([ring(10), away, ring(0), ring(15)])
    assert [(outer, holes) for outer, holes in parts] == [(away, []), (ring(0), [ring(10)]), (ring(15), [])]


# Supervisely


def test_supervisely_bitmaps_stand_at_their_origin(tmp_path):
    buffer = io.BytesIO()
    Image.fromarray(np.full((11, 11), 255, np.uint8)).save(buffer, "PNG")
    data = base64.b64encode(zlib.compress(buffer.getvalue())).decode()
    bitmap = {"classTitle": "dent", "geometryType": "bitmap", "bitmap": {"origin": [10, 5], "data": data}}
    content = {"size": {"height": SIZE[0], "width": SIZE[1]}, "tags": [], "objects": [bitmap]}
    files = {"ds/img/a.png": IMAGE, "ds/ann/a.png.json": content, "masks_machine/a.png": IMAGE}
    assert np.array_equal(read(tmp_path, files)["ds/img/a.png"][0], box(5, 10, 15, 20))
    content["objects"][0]["bitmap"]["origin"] = [55, 5]
    with pytest.raises(DataError, match="does not fit into its image"):
        read(tmp_path, files)


# Datumaro


def test_datumaros_boxes_and_ellipses_are_drawn_and_labels_are_of_the_image(tmp_path):
    rows = [
        {"type": "label", "label_id": 0},
        {"type": "bbox", "label_id": 0, "bbox": [10, 5, 10, 10]},
        {"type": "polyline", "label_id": 0, "points": [0, 0, 5, 5]},
    ]
    items = [{"id": "a", "annotations": rows, "image": {"path": "a.png", "size": list(SIZE)}}]
    table = {
        "dm_format_version": "1.0",
        "categories": {"label": {"labels": [{"name": "dent"}]}},
        "items": items,
    }
    files = {"annotations/train.json": table, "images/train/a.png": IMAGE}
    truth, left_out = read(tmp_path, files)["images/train/a.png"]
    assert np.array_equal(truth, box(5, 10, 15, 20))
    assert left_out == {"polyline without area": 1}
    rows[1:] = [{"type": "ellipse", "label_id": 0, "points": [18, 14, 42, 26]}]
    rows, columns = np.nonzero(read(tmp_path, files)["images/train/a.png"][0])
    assert (columns.min(), columns.max(), rows.min(), rows.max()) == (18, 42, 14, 26)


# VIA


def test_vias_shapes_are_drawn_in_json_of_both_versions_and_in_csv(tmp_path):
    shape, about = {"name": "rect", "x": 10, "y": 5, "width": 10, "height": 10}, {"kind": "dent"}
    one = {"shape_attributes": shape, "region_attributes": about}
    for number, regions in enumerate(([one], {"0": one})):
        files = {"v.json": {"a.png9": {"filename": "a.png", "size": 9, "regions": regions}}, "a.png": IMAGE}
        assert np.array_equal(read(tmp_path / str(number), files)["a.png"][0], box(5, 10, 15, 20))
    quoted = [json.dumps(part).replace('"', '""') for part in (shape, about)]
    table = (
        "filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes\n"
        f'a.png,9,"{{}}",1,0,"{quoted[0]}","{quoted[1]}"\nb.png,9,"{{}}",0,0,"{{}}","{{}}"\n'
    )
    found = read(tmp_path / "csv", {"v.csv": table.encode(), "a.png": IMAGE, "b.png": IMAGE})
    assert np.array_equal(found["a.png"][0], box(5, 10, 15, 20))
    assert not found["b.png"][0].any()


def test_vias_circles_and_turned_ellipses_are_drawn_and_points_are_counted(tmp_path):
    shapes = [
        {"name": "ellipse", "cx": 30, "cy": 20, "rx": 12, "ry": 6, "theta": np.pi / 2},
        {"name": "point", "cx": 3, "cy": 3},
    ]
    regions = [{"shape_attributes": shape, "region_attributes": {}} for shape in shapes]
    files = {"v.json": {"a.png9": {"filename": "a.png", "size": 9, "regions": regions}}, "a.png": IMAGE}
    truth, left_out = read(tmp_path, files)["a.png"]
    rows, columns = np.nonzero(truth)
    assert (columns.min(), columns.max(), rows.min(), rows.max()) == (24, 36, 8, 32)
    assert left_out == {"point without area": 1}


# CVAT for video


def video(*shapes):
    tracks = "".join(f'<track id="{i}" label="dent">{shape}</track>' for i, shape in enumerate(shapes))
    size = f"<original_size><width>{SIZE[1]}</width><height>{SIZE[0]}</height></original_size>"
    return f"<annotations><meta><task>{size}</task></meta>{tracks}</annotations>".encode()


def square(frame, outside=0):
    return f'<box frame="{frame}" outside="{outside}" xtl="10" ytl="5" xbr="20" ybr="15"></box>'


def test_a_track_is_drawn_on_the_frames_in_which_it_is_seen(tmp_path):
    frames = {f"images/frame_{number:06d}.PNG": IMAGE for number in range(4)}
    files = {"annotations.xml": video(square(0) + square(1, outside=1) + square(3)), **frames}
    found = read(tmp_path, files)
    assert [bool(found[name][0].any()) for name in frames] == [True, False, False, True]


@pytest.mark.parametrize(
    ("track", "sentence"),
    [
        (square(0) + square(3), "track 0 leaves out the frames between 0 and 3"),
        (square(0) + square(1), "track 0 stops at frame 1 of 3 without leaving the picture"),
    ],
)
def test_a_track_that_leaves_frames_to_guess_is_refused(tmp_path, track, sentence):
    frames = {f"frame_{number:06d}.png": IMAGE for number in range(4)}
    with pytest.raises(DataError, match=sentence):
        read(tmp_path, {"annotations.xml": video(track), **frames})


def test_a_video_may_have_every_fifth_of_its_frames(tmp_path):
    frames = {f"images/frame_{number:06d}.PNG": IMAGE for number in (0, 5, 10)}
    table = video(square(0) + square(5) + square(10, outside=1))
    table = table.replace(b"<task>", b"<task><frame_filter>step=5</frame_filter>")
    found = read(tmp_path, {"annotations.xml": table, **frames})
    assert [bool(found[name][0].any()) for name in frames] == [True, True, False]


# YOLO and LabelMe


def test_yolo_rows_of_run_lengths_stand_beside_outlines(tmp_path):
    drawn = box(5, 10, 15, 20)
    drawn[8:10, 12:14] = 0
    counts = coco_mask.encode(np.asfortranarray(drawn))["counts"].decode()
    rows = f"0 rle {SIZE[0]} {SIZE[1]} {counts}\n0 0 0 0.05 0 0.05 0.05\n"
    found = read(tmp_path, {"images/a.png": IMAGE, "labels/a.txt": rows.encode()})["images/a.png"][0]
    assert np.array_equal(found[3:], drawn[3:])
    assert found[0, 0]
    (tmp_path / "labels" / "a.txt").write_text(f"0 rle {SIZE[0]} {SIZE[1]} {counts[:-1]}")
    with pytest.raises(DataError, match=r"run lengths of images/a.png do not add up"):
        read(tmp_path, {})


def test_a_labelme_mask_that_reaches_beyond_its_image_is_cut_off_as_labelme_does(tmp_path):
    mask = base64.b64encode(encoded(np.ones((12, 12), np.uint8))).decode()
    shape = {"label": "dent", "shape_type": "mask", "points": [[-2, -3], [9, 8]], "mask": mask}
    content = {"imageHeight": SIZE[0], "imageWidth": SIZE[1], "imagePath": "a.png", "shapes": [shape]}
    found = read(
        tmp_path, {"a.png": IMAGE, "a.json": content, "b.png": IMAGE, "b.json": content | {"shapes": []}}
    )
    assert np.array_equal(found["a.png"][0], box(0, 0, 8, 9))


# all of them


BROKEN = {
    "Darwin": {"a.json": darwin({"polygon": {"paths": [[{"x": 1}]]}})},
    "Supervisely": {"ann/a.png.json": {"objects": [{"classTitle": "x"}], "size": {"height": 1, "width": 1}}},
    "Datumaro": {"t.json": {"dm_format_version": "1.0", "items": [{"id": "a"}], "categories": {}}},
    "VIA": {
        "v.json": {"a": {"filename": "a.png", "regions": [{"shape_attributes": 1, "region_attributes": 2}]}}
    },
    "CVAT": {"v.xml": video(square("x"))},
    "cut short": {"v.json": b'{"_via_img_metadata": {"a'},
    "deep": {"v.json": b'{"_via_img_metadata": ' + b"[" * 100_000},
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_damaged_annotation_file_is_one_sentence_that_names_it(tmp_path, kind):
    file = next(iter(BROKEN[kind]))
    with pytest.raises(DataError, match=rf"^{file} cannot be read as") as caught:
        read(tmp_path, {"line 1/a.png": IMAGE, **BROKEN[kind]})
    assert "\n" not in str(caught.value)


def test_a_damaged_file_of_one_image_can_be_skipped_and_leaves_no_clean_image(tmp_path):
    fine = {"objects": [], "size": {"height": SIZE[0], "width": SIZE[1]}, "tags": []}
    files = {
        "ann/a.png.json": fine,
        "img/a.png": IMAGE,
        "ann/b.png.json": fine | {"size": {}},
        "img/b.png": IMAGE,
    }
    refused = []
    found = read(tmp_path, files, refuse=lambda name, reason: refused.append((name, reason)))
    assert list(found) == ["img/a.png"]
    assert refused == [
        ("img/b.png", "ann/b.png.json cannot be read as a file of Supervisely (no 'height'); export it again")
    ]
