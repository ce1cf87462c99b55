"""Built-in procedural surfaces: machined grey material, five kinds of defect, and harmless look-alikes.

Every patch is a function of (seed, item) alone, so a patch is drawn when it is first asked for, in any
order and in any process, and one seed is one data set bit for bit.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass

import numpy as np

from alcore.data import marks
from alcore.data.splits import stratified_split

KINDS = {"pit": 0.32, "scratch": 0.27, "stain": 0.18, "crack": 0.13, "inclusion": 0.10}
"""Kinds of defect and how often each occurs among defects; they sum to 1."""

_VERSION = 1  # raise it when the same seed would give other pixels: it is part of the fingerprint
_SECOND_DEFECT = 0.15
_LOOK_ALIKES = 0.6


@dataclass(frozen=True)
class SurfaceSettings:
    """What the surfaces look like.

    `size` is the side of a patch in pixels, `count` the number of patches, half of them defective, and
    `contrast` scales the grey-level difference between a defect and its ground (1 is the default).
    """

    size: int = 64
    count: int = 12_000
    seed: int = 2601
    contrast: float = 1.0


class SyntheticPatches:
    """Procedural surfaces behind the `Patches` contract; drawn patches are kept in memory."""

    def __init__(self, settings: SurfaceSettings | None = None) -> None:
        self.settings = settings = settings or SurfaceSettings()
        self.name = "synthetic"
        self.shape = (settings.size, settings.size, 1)
        identity = f"synthetic-{_VERSION}-{settings}"
        self.fingerprint = hashlib.sha256(identity.encode()).hexdigest()
        rng = np.random.default_rng([settings.seed, _VERSION])
        self.defective = np.zeros(settings.count, dtype=bool)
        self.defective[rng.choice(settings.count, settings.count // 2, replace=False)] = True
        self.split = stratified_split(self.defective, rng=rng)
        self._surface = marks.Canvas(settings.size)
        self._slot = np.full(settings.count, -1)
        self._images = np.zeros((0, settings.size, settings.size), dtype=np.uint8)
        self._masks = np.zeros((0, settings.size, settings.size), dtype=bool)
        self._drawing = threading.Lock()

    def images(self, items: np.ndarray) -> np.ndarray:
        """(n,) ids -> (n, H, W, 1) uint8."""
        self._draw(items)
        return self._images[self._slot[items]][..., None]

    def masks(self, items: np.ndarray) -> np.ndarray:
        """(n,) ids -> (n, H, W) bool."""
        self._draw(items)
        return self._masks[self._slot[items]]

    def describe(self, item: int) -> str:
        """The kinds of defect on the patch."""
        kinds = self._kinds(self._rng(item)) if self.defective[item] else []
        return f"surface {item}: {' and '.join(kinds) or 'no defect'}"

    def _draw(self, items: np.ndarray) -> None:
        """Draw what has not been drawn; patches are kept in the order in which they were asked for."""
        with self._drawing:  # several browser tabs share one data set
            missing = np.unique(np.asarray(items)[self._slot[items] < 0])
            if not missing.size:
                return
            drawn = [self._patch(int(item)) for item in missing]
            first = len(self._images)
            self._images = np.concatenate([self._images, [image for image, _ in drawn]])
            self._masks = np.concatenate([self._masks, [mask for _, mask in drawn]])
            self._slot[missing] = np.arange(first, len(self._images))

    def _rng(self, item: int) -> np.random.Generator:
        return np.random.default_rng([self.settings.seed, _VERSION, item])

    def _kinds(self, rng: np.random.Generator) -> list[str]:
        count = 2 if rng.random() < _SECOND_DEFECT else 1
        return list(rng.choice(list(KINDS), size=count, p=list(KINDS.values())))

    def _patch(self, item: int) -> tuple[np.ndarray, np.ndarray]:
        """One patch: (H, W) uint8 image and (H, W) bool mask."""
        rng, canvas = self._rng(item), self._surface
        kinds = self._kinds(rng)
        image = canvas.ground(rng)
        for look_alike in marks.LOOK_ALIKES:
            if rng.random() < _LOOK_ALIKES / len(marks.LOOK_ALIKES):
                image += look_alike(canvas, rng)
        mask = np.zeros(image.shape, dtype=bool)
        for kind in kinds if self.defective[item] else []:
            change, where = marks.DEFECTS[kind](canvas, rng)
            image += self.settings.contrast * change
            mask |= where
        image += rng.normal(0, rng.uniform(2.0, 5.0), image.shape)
        return np.clip(image, 0, 255).astype(np.uint8), mask
