"""What the Meter page reads: scores, the model that gave them, and where the images are from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alcore.statistics.priors import Scored


@dataclass(frozen=True)
class Metered:
    """Scores of images in use. strategy, cycle: of the model; images: files, None where patches were drawn.

    truth: what is known of the answer, in words; '' where nobody knows it.
    """

    strategy: str
    cycle: int
    validation: Scored
    scores: np.ndarray
    images: int | None = None
    truth: str = ""
