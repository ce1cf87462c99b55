#!/bin/sh
# LabelMe's own masks lie up to a pixel up and left of what was drawn: fractions of coordinates are cut off.
#
# LabelMe keeps where the mouse was to fractions of a pixel. Its export of masks hands them to Pillow's ImageDraw,
# which cuts the fractions off instead of rounding, towards zero: a square from 10.9 to 20.9 is drawn exactly as
# one from 10 to 20, and its right column and lower row, nine tenths of a pixel inside, are missing.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv env
env/bin/pip install -q --disable-pip-version-check labelme==6.3.1 pillow==12.3.0
env/bin/python - <<'PY'
from importlib.metadata import version

from labelme.utils.shape import shape_to_mask


def span(low, high):
    """First and last column of a square's mask."""
    corners = [[low, low], [high, low], [high, high], [low, high]]
    columns = shape_to_mask((40, 40), corners, "polygon").any(axis=0).nonzero()[0]
    return int(columns[0]), int(columns[-1])


print("labelme", version("labelme"), "pillow", version("pillow"))
whole, nearly = span(10, 20), span(10.9, 20.9)
print(f"columns of a square from 10 to 20: {whole}, from 10.9 to 20.9: {nearly}")
raise SystemExit(not (whole == nearly == (10, 20)))
PY
