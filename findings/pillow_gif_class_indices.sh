#!/bin/sh
# Pillow saves a mask of class indices as GIF with other indices, and PNG with the same ones.
#
# Indices 0, 2 and 5 of a palette come back as 0, 1 and 2: the writer drops palette entries that no pixel has
# and renumbers the rest. A grey mask of levels 0, 2 and 5 becomes a palette too. Only the colours are kept,
# so a reader that takes indices for classes reads other classes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv env
env/bin/pip install -q --disable-pip-version-check pillow==12.0.0 numpy==2.3.5
env/bin/python - <<'PY'
import io
from importlib.metadata import version

import numpy as np
from PIL import Image

labels = np.zeros((16, 16), np.uint8)
labels[4:8, 4:8] = 2
labels[8:10, 8:10] = 5
indexed = Image.fromarray(labels).convert("P")
indexed.putpalette([0, 0, 0, 9, 9, 9, 200, 0, 0, 1, 1, 1, 2, 2, 2, 0, 200, 0] + [0] * 750)


def saved(image, kind):
    buffer = io.BytesIO()
    image.save(buffer, kind)
    buffer.seek(0)
    return Image.open(buffer)


png, gif, grey = saved(indexed, "PNG"), saved(indexed, "GIF"), saved(Image.fromarray(labels), "GIF")
found = [np.unique(np.asarray(image)).tolist() for image in (png, gif, grey)]
colours = [sorted(set(image.convert("RGB").get_flattened_data() if hasattr(image, "get_flattened_data")
                      else image.convert("RGB").getdata())) for image in (png, gif)]
print("pillow", version("pillow"), "numpy", version("numpy"))
print(f"indices of a PNG {found[0]}, of a GIF {found[1]}, of a GIF of grey levels {found[2]}")
print(f"colours are the same: {colours[0] == colours[1]}")
raise SystemExit(not (found == [[0, 2, 5], [0, 1, 2], [0, 1, 2]] and colours[0] == colours[1]))
PY
