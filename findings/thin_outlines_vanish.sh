#!/bin/sh
# pycocotools empties what OpenCV outlined: a scratch of 35 pixels silently comes back as none.
#
# cv2.findContours names the outermost pixels of a mask, so the outline of a scratch has no area between its
# points. OpenCV, Pillow and scikit-image fill an outline with its line and give the scratch back; pycocotools
# fills what lies within and returns an empty mask. A square loses a row and a column in the same way: 121
# pixels come back as 100.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv env
env/bin/pip install -q --disable-pip-version-check \
    opencv-python-headless==4.14.0.94 pycocotools==2.0.11 scikit-image==0.26.0 pillow==12.3.0
env/bin/python - <<'PY'
from importlib.metadata import version

import cv2
import numpy as np
from PIL import Image, ImageDraw
from pycocotools import mask as coco
from skimage.draw import polygon2mask


def scratch():
    mask = np.zeros((60, 64), np.uint8)
    mask[40, 5:40] = 1
    return mask


def square():
    mask = np.zeros((60, 64), np.uint8)
    mask[10:21, 10:21] = 1
    return mask


def counts(mask):
    """Pixels of a mask after its outline was drawn again: OpenCV, Pillow, scikit-image, pycocotools."""
    (contour,), _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    points = contour[:, 0]
    page = Image.new("L", (64, 60))
    ImageDraw.Draw(page).polygon([tuple(map(int, point)) for point in points], fill=1, outline=1)
    runs = coco.frPyObjects([points.ravel().astype(float).tolist()], 60, 64)
    return (
        int(cv2.fillPoly(np.zeros_like(mask), [contour], 1).sum()),
        int(np.asarray(page).sum()),
        int(polygon2mask((60, 64), points[:, ::-1]).sum()),
        int(coco.decode(runs).sum()),
    )


for package in ("opencv-python-headless", "pillow", "scikit-image", "pycocotools"):
    print(package, version(package))
thin, thick = counts(scratch()), counts(square())
print("OpenCV, Pillow, scikit-image, pycocotools, of a scratch of 35 pixels:", *thin)
print("OpenCV, Pillow, scikit-image, pycocotools, of a square of 121 pixels:", *thick)
raise SystemExit(not (thin == (35, 35, 35, 0) and thick == (121, 121, 121, 100)))
PY
