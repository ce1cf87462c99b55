"""One image of a batch: its name, by which labels find back, why it is asked for, and what the model sees."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from PIL import Image

_DEFECTIVE = 128
"""From here on a quantised probability means defective."""


@dataclass(frozen=True)
class BatchImage:
    """One image of a batch.

    name: of its file; item: its id; rank: from 1, None in the random slice; score: the strategy's, NaN
    without one; probability: (H, W) uint8 of the model, 255 for one; None where there is no model, and in the
    random slice.
    """

    name: str
    item: int
    source: str
    rank: int | None
    score: float
    why: str
    probability: np.ndarray | None

    @property
    def predicted(self) -> np.ndarray | None:
        """(H, W) bool, where the model is for a defect; None without a prediction."""
        return None if self.probability is None else self.probability >= _DEFECTIVE

    @property
    def confidence(self) -> float:
        """The largest defect probability, 0 to 1; NaN without a prediction."""
        return float("nan") if self.probability is None else float(self.probability.max()) / 255


def image_name(item: int, described: str) -> str:
    """The file name of a patch: its id, by which labels find back, and what it was called before."""
    stem = PurePosixPath(described.partition(" at ")[0]).stem
    plain = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_") else "_" for sign in stem)
    return f"{item:06d}-{plain[:60]}.png"


def png_of(image: np.ndarray) -> bytes:
    """(H, W, C) uint8 -> a PNG, which loses nothing."""
    buffer = io.BytesIO()
    Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).save(buffer, "PNG")
    return buffer.getvalue()
