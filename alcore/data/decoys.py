"""Clean looks that are made to fool a strategy, each after what that strategy trusts.

A decoy is drawn on a share of a material's clean patches and changes nothing in their masks. A strategy
that asks for what is uncertain, or for what is far from all labelled patches, spends labels on them and finds
no defect; so a set with decoys shows what an ordinary one hides (as CDALBench does for tables, Werner et al.
2024, arXiv:2408.00426). Each takes a canvas and a generator and returns (H, W) grey levels to add.
"""

from __future__ import annotations

import numpy as np

from alcore.data.marks import DEFECTS, Canvas


def twin_stain(canvas: Canvas, rng: np.random.Generator) -> np.ndarray:
    """A stain that is none: drawn as the defect is, so that no model can tell, however many labels it has.

    Predictions on such patches stay uncertain, and entropy comes back to them in every query.
    """
    change, _ = DEFECTS["stain"](canvas, rng)
    return change


def oddity(canvas: Canvas, rng: np.random.Generator) -> np.ndarray:
    """Something that no other patch has: a grating, a field of blocks or a bright disk, coarse and strong.

    In feature space each is far from everything, the other oddities too, and core-set takes one after the
    other.
    """
    return _ODDITIES[int(rng.integers(len(_ODDITIES)))](canvas, rng)


def _grating(canvas: Canvas, rng: np.random.Generator) -> np.ndarray:
    turn, pitch = rng.uniform(0, np.pi), rng.uniform(3, 24)
    along = np.cos(turn) * canvas.x + np.sin(turn) * canvas.y
    return rng.uniform(35, 60) * np.sin(2 * np.pi * along / pitch + rng.uniform(0, 2 * np.pi))


def _blocks(canvas: Canvas, rng: np.random.Generator) -> np.ndarray:
    side, levels = rng.uniform(6, 20), rng.uniform(-45, 45, size=(16, 16))
    return levels[(canvas.y // side).astype(int), (canvas.x // side).astype(int)]


def _disk(canvas: Canvas, rng: np.random.Generator) -> np.ndarray:
    y, x = rng.uniform(8, 56, size=2)
    inside = np.hypot(canvas.y - y, canvas.x - x) < rng.uniform(16, 30)
    return np.where(inside, rng.uniform(45, 75) * rng.choice([-1, 1]), 0.0)


_ODDITIES = (_grating, _blocks, _disk)
