#!/bin/sh
# Datumaro reads a track of "CVAT for video" also on frames where the object has left the picture.
#
# CVAT ends a track with a shape that has outside="1": it repeats the last outline, and means that nothing is
# seen there. Datumaro 1.13 keeps that shape as an annotation with an attribute, and every export that has no
# such attribute, COCO among them, shows an object on a frame that has none.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv env
env/bin/pip install -q --disable-pip-version-check datumaro==1.13.12 numpy==2.2.6 pillow==12.3.0
mkdir -p video/images
cat > video/annotations.xml <<'XML'
<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta><task><id>1</id><name>video</name><size>2</size><mode>interpolation</mode>
    <labels><label><name>scratch</name><attributes/></label></labels>
    <original_size><width>64</width><height>48</height></original_size></task></meta>
  <track id="0" label="scratch" source="manual">
    <polygon frame="0" keyframe="1" outside="0" occluded="0" points="5,5;20,5;20,20" z_order="0"/>
    <polygon frame="1" keyframe="1" outside="1" occluded="0" points="5,5;20,5;20,20" z_order="0"/>
  </track>
</annotations>
XML
env/bin/python - <<'PY'
import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
from datumaro.components.dataset import Dataset
from PIL import Image

for number in range(2):
    Image.fromarray(np.zeros((48, 64), np.uint8)).save(f"video/images/frame_{number:06d}.png")
Dataset.import_from("video", "cvat").export("coco", "coco_instances")
table = json.loads(next(Path("coco/annotations").glob("*.json")).read_text())
names = {row["id"]: row["file_name"] for row in table["images"]}
drawn = sorted(names[row["image_id"]] for row in table["annotations"])
print("datumaro", version("datumaro"))
print("frames on which CVAT shows the object: ['frame_000000.png']")
print("frames on which Datumaro's COCO shows it:", drawn)
raise SystemExit(drawn != ["frame_000000.png", "frame_000001.png"])
PY
