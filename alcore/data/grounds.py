"""Families of defect-free ground: what a surface is made of, before anything happens to it.

Each takes a canvas and a generator and returns (H, W) grey levels. Lengths are in 1/64 of the patch side.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from alcore.data.decoys import oddity, twin_stain
from alcore.data.marks import Canvas


def brushed_metal(canvas: Canvas, rng: np.random.Generator) -> np.ndarray:
    """Fractal texture, machining stripes and uneven light."""
    return canvas.ground(rng)


def cast_metal(canvas: Canvas, rng: np.random.Generator) -> np.ndarray:
    """Coarse grain with small dark pores, as sand leaves it."""
    grain = rng.uniform(7, 12) * canvas.noise(rng, roughness=1.4)
    pores = np.clip(canvas.noise(rng, roughness=1.7) - 1.7, 0, None)
    return rng.uniform(90, 140) + grain - rng.uniform(10, 22) * pores + _light(canvas, rng, 16)


def woven(canvas: Canvas, rng: np.random.Generator) -> np.ndarray:
    """Warp and weft that pass over and under each other, a little irregular."""
    pitch, drift = rng.uniform(5, 8), 0.5 * canvas.noise(rng, roughness=0.5)
    x, y = (canvas.x + drift) * np.pi / pitch, (canvas.y + drift) * np.pi / pitch
    over = np.floor(x / np.pi) + np.floor(y / np.pi)
    weft_is_up = np.mod(over, 2) < 1
    threads = np.where(weft_is_up, np.abs(np.sin(y)), np.abs(np.sin(x)))
    fuzz = rng.uniform(2, 5) * canvas.noise(rng, roughness=1.3)
    return rng.uniform(85, 125) + rng.uniform(22, 36) * threads + fuzz + _light(canvas, rng, 10)


def leather(canvas: Canvas, rng: np.random.Generator) -> np.ndarray:
    """Wrinkles: narrow dark valleys between rounded bumps."""
    valleys = np.exp(-((canvas.noise(rng, roughness=0.9) / 0.35) ** 2))
    bumps = rng.uniform(3, 6) * canvas.noise(rng, roughness=1.2)
    return rng.uniform(90, 140) - rng.uniform(10, 20) * valleys + bumps + _light(canvas, rng, 14)


def x_ray(canvas: Canvas, rng: np.random.Generator) -> np.ndarray:
    """Smooth steps of thickness, faint structure and much grain: low contrast."""
    centre, slope = rng.uniform(8, 56), rng.normal(0, 0.3)
    step = rng.uniform(-30, 30) / (1 + np.exp(-(canvas.x + slope * canvas.y - centre) / rng.uniform(1.5, 6)))
    grain = rng.normal(0, rng.uniform(3, 6), canvas.x.shape)
    return (
        rng.uniform(90, 150) + step + 5 * canvas.noise(rng, roughness=0.5) + grain + _light(canvas, rng, 24)
    )


def tuber(canvas: Canvas, rng: np.random.Generator) -> np.ndarray:
    """A rounded, mottled skin with pale pores."""
    y0, x0 = rng.uniform(16, 48, size=2)
    dome = 1 - ((canvas.y - y0) ** 2 + (canvas.x - x0) ** 2) / 64**2
    mottle = rng.uniform(6, 11) * canvas.noise(rng, roughness=0.7)
    pores = np.clip(canvas.noise(rng, roughness=1.6) - 1.5, 0, None)
    return rng.uniform(75, 105) + rng.uniform(20, 45) * dome + mottle + rng.uniform(6, 14) * pores


def glazed(canvas: Canvas, rng: np.random.Generator) -> np.ndarray:
    """A smooth glaze: slow shades, and a fine mottle under it."""
    shade = rng.uniform(8, 14) * canvas.noise(rng, roughness=0.25)
    mottle = rng.uniform(1.5, 3) * canvas.noise(rng, roughness=1.6)
    return rng.uniform(110, 150) + shade + mottle + _light(canvas, rng, 16)


def paper(canvas: Canvas, rng: np.random.Generator) -> np.ndarray:
    """Felted fibres: fine, even grain that has one direction."""
    grain = canvas.noise(rng, roughness=1.9)
    laid = np.sin(2 * np.pi * (canvas.y + 0.6 * canvas.noise(rng, roughness=0.6)) / rng.uniform(3, 4.5))
    return (
        rng.uniform(105, 145) + rng.uniform(4, 7) * grain + rng.uniform(3, 6) * laid + _light(canvas, rng, 10)
    )


def _light(canvas: Canvas, rng: np.random.Generator, strength: float) -> np.ndarray:
    direction = rng.uniform(0, 2 * np.pi)
    ramp = (np.cos(direction) * (canvas.x - 32) + np.sin(direction) * (canvas.y - 32)) / 32
    return rng.uniform(0, strength) * ramp


@dataclass(frozen=True)
class Family:
    """A kind of material.

    ground: draws it; kinds: how often each defect of `alcore.data.marks.DEFECTS` occurs among its defects;
    tint: (R, G, B) gains that turn grey levels into its colour; title: for pages. decoy: what a share of its
    clean patches has besides, of `alcore.data.decoys`.
    """

    title: str
    ground: Callable[[Canvas, np.random.Generator], np.ndarray]
    kinds: dict[str, float]
    tint: tuple[float, float, float]
    decoy: Callable[[Canvas, np.random.Generator], np.ndarray] | None = None
    decoy_share: float = 0.0


FAMILIES = {
    "brushed": Family(
        "brushed metal",
        brushed_metal,
        {"pit": 0.32, "scratch": 0.27, "stain": 0.18, "crack": 0.13, "inclusion": 0.10},
        (0.97, 1.0, 1.04),
    ),
    "cast": Family(
        "cast metal",
        cast_metal,
        {"pit": 0.45, "crack": 0.25, "inclusion": 0.2, "stain": 0.1},
        (1.0, 0.98, 0.95),
    ),
    "woven": Family(
        "woven cloth",
        woven,
        {"stain": 0.4, "scratch": 0.3, "inclusion": 0.2, "crack": 0.1},
        (0.85, 0.95, 1.15),
    ),
    "leather": Family(
        "leather",
        leather,
        {"scratch": 0.4, "pit": 0.25, "stain": 0.2, "crack": 0.15},
        (1.2, 0.88, 0.68),
    ),
    "x-ray": Family(
        "X-ray image",
        x_ray,
        {"inclusion": 0.4, "pit": 0.35, "crack": 0.25},
        (1.0, 1.0, 1.0),
    ),
    "tuber": Family(
        "tuber skin",
        tuber,
        {"stain": 0.45, "pit": 0.3, "crack": 0.25},
        (1.15, 0.95, 0.65),
    ),
    "glazed": Family(
        "glazed tile, with stains that are none",
        glazed,
        {"stain": 0.35, "pit": 0.3, "crack": 0.2, "inclusion": 0.15},
        (0.98, 1.0, 1.03),
        decoy=twin_stain,
        decoy_share=0.1,
    ),
    "paper": Family(
        "paper, with rare clean oddities",
        paper,
        {"stain": 0.3, "pit": 0.3, "scratch": 0.25, "crack": 0.15},
        (1.05, 1.0, 0.9),
        decoy=oddity,
        decoy_share=0.05,
    ),
}
"""Materials by name. The first is the built-in data set's; further ones are a function and an entry here.
The last two are made to fool: entropy's trap, and core-set's.
"""
