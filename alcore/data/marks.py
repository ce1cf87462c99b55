"""The drawings on a synthetic surface: its ground, defects with their masks, and harmless look-alikes.

Lengths are in 1/64 of the patch side, so that a surface looks the same at every size; changes are in grey
levels, added to the ground. A defect returns (H, W) float change and (H, W) bool mask, never empty.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from itertools import pairwise

import numpy as np

_OCTAVES = (4, 8, 16, 32)


class Canvas:
    """The pixel grid of one patch size, with everything about it that can be worked out once."""

    def __init__(self, size: int) -> None:
        self.size = size
        axis = (np.arange(size) + 0.5) * 64 / size
        self.y, self.x = np.meshgrid(axis, axis, indexing="ij")
        self._spread = {cells: _smooth_upsampling(cells, size) for cells in (*_OCTAVES, 24)}

    def enlarged(self, scale: float, centre: np.ndarray) -> Canvas:
        """The same grid; what is drawn on it comes out `scale` times as large, seen from `centre` (y, x)."""
        other = copy.copy(self)
        other.y, other.x = (c + (axis - c) / scale for c, axis in zip(centre, (self.y, self.x), strict=True))
        return other

    def noise(self, rng: np.random.Generator, *, roughness: float) -> np.ndarray:
        """(H, W) fractal noise of about unit variance; `roughness` is the gain from octave to octave."""
        total = np.zeros((self.size, self.size))
        gains = roughness ** np.arange(len(_OCTAVES))
        for cells, gain in zip(_OCTAVES, gains, strict=True):
            spread = self._spread[cells]
            total += gain * (spread @ rng.normal(size=(cells, cells)) @ spread.T)
        return total / np.sqrt(0.5 * np.sum(gains**2))

    def ground(self, rng: np.random.Generator) -> np.ndarray:
        """(H, W) defect-free surface: fractal texture, machining stripes and uneven light."""
        texture = rng.uniform(4, 9) * self.noise(rng, roughness=0.8)
        slope, reach = rng.normal(0, 0.06), np.arange(-16, 80, 4)
        grooves = rng.normal(size=reach.size)
        stripes = rng.uniform(3, 8) * np.interp(self.y + slope * self.x, reach, grooves)
        direction = rng.uniform(0, 2 * np.pi)
        ramp = (np.cos(direction) * (self.x - 32) + np.sin(direction) * (self.y - 32)) / 32
        light = rng.uniform(0, 22) * ramp
        return rng.uniform(95, 160) + texture + stripes + light

    def distance_to_path(self, points: np.ndarray) -> np.ndarray:
        """(P, 2) y, x corners of a line -> (H, W) distance to it, in 1/64 of the side."""
        best = np.full(self.x.shape, np.inf)
        for (y0, x0), (y1, x1) in pairwise(points):
            dy, dx = y1 - y0, x1 - x0
            along = ((self.y - y0) * dy + (self.x - x0) * dx) / max(dy * dy + dx * dx, 1e-9)
            along = np.clip(along, 0, 1)
            squared = (self.y - y0 - along * dy) ** 2 + (self.x - x0 - along * dx) ** 2
            np.minimum(best, squared, out=best)
        return np.sqrt(best)

    def distance_to_ellipse(self, rng: np.random.Generator, centre: np.ndarray, radius: float) -> np.ndarray:
        """(H, W) roughly the distance to a wobbly ellipse of mean `radius`; negative inside."""
        turn, stretch = rng.uniform(0, np.pi), rng.uniform(0.7, 1.4)
        y, x = self.y - centre[0], self.x - centre[1]
        u, v = np.cos(turn) * x + np.sin(turn) * y, np.cos(turn) * y - np.sin(turn) * x
        angle = np.arctan2(v, u)
        wobble = 1 + sum(rng.normal(0, 0.08) * np.cos(k * angle + rng.uniform(0, 6.3)) for k in (2, 3, 5))
        return np.hypot(u / stretch, v * stretch) - radius * wobble


def _smooth_upsampling(cells: int, size: int) -> np.ndarray:
    """(size, cells) weights that spread `cells` random values smoothly over `size` pixels."""
    position = (np.arange(size) + 0.5) * (cells - 1) / size
    low = np.floor(position).astype(int)
    step = position - low
    step = step * step * (3 - 2 * step)
    weights = np.zeros((size, cells))
    rows = np.arange(size)
    weights[rows, low] += 1 - step
    weights[rows, np.minimum(low + 1, cells - 1)] += step
    return weights


def _soft_edge(distance: np.ndarray, width: float) -> np.ndarray:
    """1 inside (distance below 0), 0 outside, with a ramp of `width`."""
    return np.clip(0.5 - distance / width, 0, 1)


def _walk(rng: np.random.Generator, *, steps: int, stride: float, turning: float) -> np.ndarray:
    """(steps + 1, 2) corners of a random walk that starts near the middle of the patch."""
    heading = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0, turning, steps))
    moves = stride * np.stack([np.sin(heading), np.cos(heading)], axis=1)
    path = np.concatenate([np.zeros((1, 2)), np.cumsum(moves, axis=0)])
    return path - path.mean(axis=0) + rng.uniform(14, 50, size=2)


def _pit(canvas: Canvas, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    distance = canvas.distance_to_ellipse(rng, rng.uniform(8, 56, 2), rng.uniform(2.2, 5.0))
    rim = np.exp(-(((distance - 1.2) / 1.2) ** 2))
    change = rng.uniform(30, 60) * (0.4 * rim - _soft_edge(distance, 1.5))
    return change, distance < 0.5


def _scratch(canvas: Canvas, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    path = _walk(rng, steps=3, stride=rng.uniform(6, 14), turning=0.12)
    distance = canvas.distance_to_path(path)
    width = rng.uniform(0.7, 1.3)
    return rng.uniform(28, 55) * _soft_edge(distance - width, 1.2), distance < width + 0.3


def _stain(canvas: Canvas, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    distance = canvas.distance_to_ellipse(rng, rng.uniform(16, 48, 2), rng.uniform(6, 13))
    distance += 1.6 * canvas.noise(rng, roughness=0.9)
    change = -rng.uniform(18, 34) * _soft_edge(distance, 2.5)
    return change, distance < 0


def _crack(canvas: Canvas, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    path = _walk(rng, steps=10, stride=rng.uniform(3, 5), turning=0.7)
    distance = canvas.distance_to_path(path)
    width = rng.uniform(0.6, 1.1)
    return -rng.uniform(35, 60) * _soft_edge(distance - width, 1.2), distance < width + 0.3


def _inclusion(canvas: Canvas, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    distance = canvas.distance_to_ellipse(rng, rng.uniform(12, 52, 2), rng.uniform(3.5, 7))
    grains = 0.7 + 0.5 * canvas.noise(rng, roughness=1.3)
    change = rng.uniform(25, 45) * grains * _soft_edge(distance, 1.0)
    return change, distance < 0.3


def _smudge(canvas: Canvas, rng: np.random.Generator) -> np.ndarray:
    """A wide soft shadow: like a stain, without its edge."""
    distance = canvas.distance_to_ellipse(rng, rng.uniform(8, 56, 2), rng.uniform(6, 12))
    return rng.uniform(-20, 14) * _soft_edge(distance, 18)


def _fibre(canvas: Canvas, rng: np.random.Generator) -> np.ndarray:
    """A curved hair of dust: like a scratch, fainter and rounder."""
    path = _walk(rng, steps=8, stride=rng.uniform(2, 4), turning=0.35)
    return rng.uniform(8, 16) * _soft_edge(canvas.distance_to_path(path) - 0.6, 1.6)


def _dust(canvas: Canvas, rng: np.random.Generator) -> np.ndarray:
    """A few specks: like pits, but too small."""
    change = np.zeros(canvas.x.shape)
    for y, x in rng.uniform(2, 62, size=(rng.integers(1, 5), 2)):
        level = rng.uniform(15, 40) * rng.choice([-1, 1])
        change += level * _soft_edge(np.hypot(canvas.y - y, canvas.x - x) - 0.7, 1.0)
    return change


def _groove(canvas: Canvas, rng: np.random.Generator) -> np.ndarray:
    """A tool mark right across the patch, along the stripes: like a scratch or crack, but straight."""
    centre, slope = rng.uniform(4, 60), rng.normal(0, 0.05)
    distance = np.abs(canvas.y + slope * canvas.x - centre)
    return rng.uniform(10, 26) * rng.choice([-1, 1]) * _soft_edge(distance - 0.8, 1.4)


DEFECTS: dict[str, Callable[[Canvas, np.random.Generator], tuple[np.ndarray, np.ndarray]]] = {
    "pit": _pit,
    "scratch": _scratch,
    "stain": _stain,
    "crack": _crack,
    "inclusion": _inclusion,
}

LOOK_ALIKES: tuple[Callable[[Canvas, np.random.Generator], np.ndarray], ...] = (
    _smudge,
    _fibre,
    _dust,
    _groove,
)
