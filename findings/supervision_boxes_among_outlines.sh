#!/bin/sh
# supervision writes boxes into a YOLO segmentation file, and annotations without an outline into a COCO table.
#
# A mask that is one pixel wide has an outline of two points or one, which is no polygon. supervision 0.31 then
# writes a row of five numbers (class, centre, size) among the rows of outlines, with a width or height of zero,
# and in COCO "segmentation": [] beside a box. Readers that take every row for an outline fail there or see no
# defect at all; thin scratches are exactly what such masks hold.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv env
env/bin/pip install -q --disable-pip-version-check supervision==0.31.2 numpy==2.2.6 pillow==12.3.0 \
    opencv-python-headless==4.12.0.88
env/bin/python -W ignore - <<'PY'
import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import supervision as sv
from PIL import Image

Image.fromarray(np.zeros((48, 64), np.uint8)).save("part.png")
masks = np.zeros((2, 48, 64), bool)
masks[0, 4:14, 4:18] = True
masks[1, 24, 6:40] = True  # a scratch, one pixel wide
found = sv.Detections(xyxy=sv.mask_to_xyxy(masks), mask=masks, class_id=np.zeros(2, int))
dataset = sv.DetectionDataset(["scratch"], ["part.png"], {"part.png": found})
dataset.as_yolo("yolo/images", "yolo/labels", "yolo/data.yaml")
dataset.as_coco("coco/images", "coco/annotations.json")
rows = Path("yolo/labels/part.txt").read_text().splitlines()
outlines = [row["segmentation"] for row in json.loads(Path("coco/annotations.json").read_text())["annotations"]]
print("supervision", version("supervision"))
print("numbers in each YOLO row:", [len(row.split()) for row in rows])
print("the scratch in YOLO:", rows[1])
print("the scratch in COCO: segmentation", outlines[1])
raise SystemExit(not (len(rows[0].split()) > 5 == len(rows[1].split()) and outlines[0] and outlines[1] == []))
PY
