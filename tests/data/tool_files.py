"""Sources of thirty pictures in the files of annotation tools, every third with a defect of 16x16 pixels."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable

import numpy as np
from pycocotools import mask as coco_mask

from tests.data.helpers import SIZE, encoded
from tests.data.trees import Files, Part, parts

CORNERS = [(12, 10), (27, 10), (27, 25), (12, 25)]  # x, y of the pixels at the corners of every defect


def label_studio_files() -> Files:
    """project.json of uploads, with polygons in per cent."""
    points = [[100 * x / SIZE[1], 100 * y / SIZE[0]] for x, y in CORNERS]
    region = {
        "type": "polygonlabels",
        "value": {"points": points, "polygonlabels": ["dent"]},
        "original_width": SIZE[1],
        "original_height": SIZE[0],
    }
    tasks = [
        {
            "id": part.number,
            "data": {"image": f"/data/upload/1/0a1b2c3d-{part.number:03}.png"},
            "annotations": [{"result": [region] if part.bad else []}],
        }
        for part in parts()
    ]
    return _images("images/{:03}.png") | {"project.json": json.dumps(tasks).encode()}


def darwin_files() -> Files:
    """annotations/NAME.json for each image."""
    path = [{"x": x, "y": y} for x, y in CORNERS]
    slot = {"type": "image", "slot_name": "0", "width": SIZE[1], "height": SIZE[0]}

    def content(part: Part) -> dict:
        drawn = [{"id": "1", "name": "dent", "polygon": {"paths": [path]}}] if part.bad else []
        item = {"name": f"{part.number:03}.png", "path": "/", "slots": [slot]}
        return {"version": "2.0", "schema_ref": "https://darwin/2.0", "item": item, "annotations": drawn}

    return _images("images/{:03}.png") | _each("annotations/{:03}.json", content)


def supervisely_files() -> Files:
    """line/ann/NAME.png.json with line/img/NAME.png, and meta.json."""
    packed = base64.b64encode(zlib.compress(encoded(np.full((16, 16), 255, np.uint8)))).decode()
    bitmap = {"classTitle": "dent", "geometryType": "bitmap", "bitmap": {"origin": [12, 10], "data": packed}}

    def content(part: Part) -> dict:
        size = {"height": SIZE[0], "width": SIZE[1]}
        return {"size": size, "tags": [], "objects": [bitmap] if part.bad else []}

    files = _images("line/img/{:03}.png") | _each("line/ann/{:03}.png.json", content)
    return files | {"meta.json": b'{"classes": [{"title": "dent"}], "tags": []}'}


def datumaro_files() -> Files:
    """annotations/train.json with masks, and images/train/."""
    items = []
    for part in parts():
        counts = coco_mask.encode(np.asfortranarray(part.mask.astype(np.uint8)))["counts"].decode()
        mask = {"type": "mask", "label_id": 0, "rle": {"counts": counts, "size": list(SIZE)}}
        about = {"path": f"{part.number:03}.png", "size": list(SIZE)}
        items.append({"id": str(part.number), "annotations": [mask] if part.bad else [], "image": about})
    categories = {"label": {"labels": [{"name": "dent"}]}}
    table = {"dm_format_version": "1.0", "categories": categories, "items": items}
    return _images("images/train/{:03}.png") | {"annotations/train.json": json.dumps(table).encode()}


def via_files() -> Files:
    """A project beside the images."""
    x, y = zip(*CORNERS, strict=True)
    shape = {"name": "polygon", "all_points_x": x, "all_points_y": y}
    region = {"shape_attributes": shape, "region_attributes": {"kind": "dent"}}
    files = {
        f"{part.number:03}.png9": {
            "filename": f"{part.number:03}.png",
            "size": 9,
            "regions": [region] if part.bad else [],
        }
        for part in parts()
    }
    project = {"_via_settings": {}, "_via_img_metadata": files, "_via_attributes": {}}
    return _images("{:03}.png") | {"via.json": json.dumps(project).encode()}


def _images(name: str) -> Files:
    return {name.format(part.number): encoded(part.image) for part in parts()}


def _each(name: str, content: Callable[[Part], dict]) -> Files:
    return {name.format(part.number): json.dumps(content(part)).encode() for part in parts()}
