#!/bin/sh
# Label Studio's exports of brush strokes other than JSON and PNG silently change the mask.
#
# Of one stroke with a hole, a line of one pixel and a single pixel, its converter writes to COCO the outer
# outlines with three points or more alone: the hole is filled, line and pixel are gone. To YOLO it writes a
# label file that is empty, which every reader takes for an image without an object.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv env
env/bin/pip install -q --disable-pip-version-check label-studio-sdk==2.1.2 numpy==2.2.6 \
    opencv-python-headless==4.12.0.88 pycocotools==2.0.11
env/bin/python - <<'PY' 2>errors || { cat errors; exit 1; }
import json
from importlib.metadata import version
from pathlib import Path

import cv2
import numpy as np
from label_studio_sdk.converter import Converter, brush
from label_studio_sdk.converter.converter import Format

mask = np.zeros((48, 64), np.uint8)
mask[2:14, 2:18] = 255
mask[5:9, 6:11] = 0  # a hole of 20 pixels
mask[24, 6:40] = mask[34, 20] = 255  # a scratch and a point: 35 pixels
region = {
    "id": "a", "type": "brushlabels", "from_name": "tag", "to_name": "image",
    "original_width": 64, "original_height": 48, "image_rotation": 0,
    "value": {"format": "rle", "rle": brush.mask2rle(mask), "brushlabels": ["scratch"]},
}
task = {"id": 1, "data": {"image": "/data/upload/1/part.png"}, "annotations": [{"id": 1, "result": [region]}]}
Path("tasks.json").write_text(json.dumps([task]))
config = (
    '<View><Image name="image" value="$image"/>'
    '<BrushLabels name="tag" toName="image"><Label value="scratch"/></BrushLabels></View>'
)
for name, form in (("coco", Format.BRUSH_TO_COCO), ("yolo", Format.YOLO)):
    Path(name).mkdir()
    Converter(config, name, download_resources=False).convert("tasks.json", name, form, is_dir=False)
drawn = np.zeros((48, 64), np.uint8)
for row in json.loads(next(Path("coco").glob("*.json")).read_text())["annotations"]:
    for outline in row["segmentation"]:
        cv2.fillPoly(drawn, [np.array(outline, np.int32).reshape(-1, 2)], 255)
lost, added = int((mask & ~drawn > 0).sum()), int((drawn & ~mask > 0).sum())
rows = next(Path("yolo/labels").glob("*.txt")).read_text()
print("label-studio-sdk", version("label-studio-sdk"))
print(f"COCO: {lost} pixels lost, {added} added, of {int((mask > 0).sum())}")
print(f"YOLO: a label file of {len(rows)} characters")
raise SystemExit((lost, added, rows) != (35, 20, ""))
PY
