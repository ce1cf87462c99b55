"""Label maps of Matlab."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial

import numpy as np

from alcore.data.importing.options import MaskReader
from alcore.data.importing.source_files import Source, shown
from alcore.errors import DataError


def matlab(source: Source, _options: object, _files: object) -> Callable[[str, str], MaskReader]:
    """For an image and its file: a label map `groundTruth.Segmentation`, where 1 is the background."""
    return partial(_reader, source)


def _reader(source: Source, image: str, file: str) -> MaskReader:
    def read(shape: tuple[int, int]) -> np.ndarray:
        from scipy.io import loadmat  # slow to import; only this layout needs it

        try:
            content = loadmat(io.BytesIO(source.read(file)))
            labels = np.asarray(content["groundTruth"]["Segmentation"][0, 0])
        except Exception as error:  # noqa: BLE001 - the reader raises anything on a damaged file
            raise DataError(f"{shown(file)} cannot be read as a Matlab label map ({error})") from None
        if labels.shape != shape:
            raise DataError(
                f"{shown(file)} has another size than its image {shown(image)}; they must be equal"
            )
        return labels > 1

    return read
