"""Pixel counts of a model that finds some defects, misses some, and marks clean images now and then."""

from __future__ import annotations

import numpy as np


def drawn_counts(size: int, prevalence: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(n, 4) tp, fp, fn, tn of 64 x 64 patches, and (n,) bool, which are defective."""
    defective = rng.random(size) < prevalence
    area = np.where(defective, np.minimum(np.exp(rng.normal(4, 0.8, size)), 2000), 0).astype(int)
    area = np.maximum(area, defective)
    found = rng.beta(1.5, 1.5, size) * (rng.random(size) < 0.85)
    hits = (area * found).astype(int)
    stray = np.where(defective, np.exp(rng.normal(2.5, 1, size)), np.exp(rng.normal(2, 1, size)))
    false = (np.minimum(stray, 1000) * (defective | (rng.random(size) < 0.05))).astype(int)
    return np.stack([hits, false, area - hits, 4096 - area - false], axis=1), defective
