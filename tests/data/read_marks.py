"""Reading small sources of annotation files, image by image."""

from __future__ import annotations

import json

import numpy as np

from alcore.data.cutting import DEFECTIVE
from alcore.data.importing.formats import choose
from alcore.data.importing.opened_source import open_source
from alcore.data.importing.options import ImportOptions, drawn_by
from alcore.errors import DataError
from tests.data.helpers import encoded, write_folder

SIZE = (40, 60)
IMAGE = encoded(np.full(SIZE, 90, np.uint8))


def raise_it(_name, reason):
    raise DataError(reason)


def read(root, files, *, refuse=raise_it, **options):
    """Image -> (truth, marks left out), of a source of these files."""
    content = {
        name: part if isinstance(part, bytes) else json.dumps(part).encode() for name, part in files.items()
    }
    source = open_source(write_folder(root, content))
    settings = ImportOptions(SIZE, **options)

    samples = choose(source, "auto", settings).form.pair(source, settings, refuse)
    drawn = {sample.image: drawn_by(sample.read_mask, SIZE) for sample in samples}
    return {image: (one.truth.astype(np.uint8), one.left_out) for image, one in drawn.items()}


def box(top, left, bottom, right):
    """A mask with one filled box, its last row and column in it."""
    found = np.zeros(SIZE, np.uint8)
    found[top : bottom + 1, left : right + 1] = DEFECTIVE
    return found
