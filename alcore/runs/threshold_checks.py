"""Whether what a record's file says of thresholds can be: files come from disks, and from other people."""

from __future__ import annotations

import numpy as np

from alcore.experiment.cycle_record import Spectrum, Validation
from alcore.thresholds import BINS, HALF, counts_at


def spectrum_fits(spectrum: Spectrum, counts: np.ndarray) -> bool:
    """Whether bins have their shape, and add up to the record's (T, 4) counts at ½."""
    histogram, confidence = spectrum.histogram, spectrum.confidence
    if not _are_bins(histogram, len(counts)) or confidence.shape != (2, BINS) or confidence.dtype.kind != "f":
        return False
    return np.isfinite(confidence).all() and np.array_equal(counts_at(histogram, np.array(HALF)), counts)


def validation_fits(validation: Validation) -> bool:
    """Whether arrays fit each other, and both classes are there to tune on."""
    known, (size, *_) = validation.defective, (*validation.items.shape, 0)
    shapes = {known.shape, validation.max_probability.shape, validation.items.shape}
    if shapes != {(size,)} or known.dtype != bool or not _are_bins(validation.histogram, size):
        return False
    peaks = validation.max_probability
    return bool(known.any() and not known.all() and ((peaks >= 0) & (peaks <= 1)).all())


def _are_bins(histogram: np.ndarray, size: int) -> bool:
    return histogram.shape == (size, 2, BINS) and histogram.dtype.kind == "u"
