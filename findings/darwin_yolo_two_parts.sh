#!/bin/sh
# darwin-py's export to segmented YOLO writes an empty label file for a polygon of two parts.
#
# A polygon of V7 Darwin may have several paths: parts, or a hole. The exporter takes the first alone as a list
# of points, fails on it, prints a line and goes on: the file that it writes has no row, as for an image
# without an object, and the export ends with success. (A polygon of one path is written.)
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv env
env/bin/pip install -q --disable-pip-version-check darwin-py==3.6.3
env/bin/python - <<'PY'
from importlib.metadata import version
from pathlib import Path

import darwin.datatypes as dt
from darwin.exporter.formats import yolo_segmented


def square(left):
    return [{"x": x, "y": y} for x, y in ((left, 4.0), (left + 9, 4.0), (left + 9, 13.0), (left, 13.0))]


def rows(paths):
    polygon = dt.make_polygon("scratch", paths, slot_names=["0"])
    slot = dt.Slot("0", "image", [{"file_name": "part.png"}], None, 64, 48)
    file = dt.AnnotationFile(
        path=Path("part.json"), filename="part.png", annotation_classes={polygon.annotation_class},
        annotations=[polygon], remote_path="/", slots=[slot], image_width=64, image_height=48,
    )
    target = Path(f"export-{len(paths)}")
    target.mkdir()
    yolo_segmented.export([file], target)
    return len((target / "part.txt").read_text().split())


one, two = rows([square(4.0)]), rows([square(4.0), square(30.0)])
print("darwin-py", version("darwin-py"))
print(f"numbers written for a polygon of one part: {one}, of two parts: {two}")
raise SystemExit(not (one == 9 and two == 0))
PY
