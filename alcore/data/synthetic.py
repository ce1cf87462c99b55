"""Procedural surfaces: eight materials, their defects, and harmless look-alikes.

Every patch is a function of (seed, item) alone, so a patch is drawn when it is first asked for, in any
order and in any process, and one seed is one data set bit for bit.
"""

from __future__ import annotations

import dataclasses
import hashlib
import threading
from dataclasses import dataclass

import numpy as np

from alcore.data import marks
from alcore.data.grounds import FAMILIES
from alcore.data.splits import stratified_split
from alcore.errors import DataError, did_you_mean

_VERSION = 1  # raise it when the same seed would give other pixels: it is part of the fingerprint
_SECOND_DEFECT = 0.15
_MOST_TRIES = 20
_RANGES = {
    "size": (64, 512),
    "count": (20, 1_000_000),
    "contrast": (0.1, 4.0),
    "defect_size": (0.3, 2.5),
    "rarity": (0.0, 4.0),
    "look_alikes": (0.0, 4.0),
}


@dataclass(frozen=True)
class SurfaceSettings:
    """What the surfaces look like.

    size: side of a patch in pixels, 64 to 512; count: patches, half of them defective; seed.
    contrast: grey-level difference between a defect and its ground, 1 is the default.
    family: a key of `FAMILIES`.
    defect_size: length of defects against the default's.
    rarity: how unequal the kinds of defect are: shares are raised to it, 0 makes them equal, more makes rare
        ones rarer.
    look_alikes: harmless marks on a patch, on average.
    color: RGB instead of grey.
    Raises:
        DataError: an unknown family, or a value out of range.
    """

    size: int = 64
    count: int = 12_000
    seed: int = 2601
    contrast: float = 1.0
    family: str = "brushed"
    defect_size: float = 1.0
    rarity: float = 1.0
    look_alikes: float = 0.6
    color: bool = False

    def __post_init__(self) -> None:
        if self.family not in FAMILIES:
            raise DataError(
                f"unknown material {self.family!r}{did_you_mean(self.family, FAMILIES)}"
                f" (known: {', '.join(FAMILIES)})"
            )
        for name, (low, high) in _RANGES.items():
            if not low <= getattr(self, name) <= high:
                raise DataError(
                    f"{name.replace('_', ' ')} must be from {low:g} to {high:g}, got {getattr(self, name)}"
                )

    @property
    def kinds(self) -> dict[str, float]:
        """Kinds of defect with how often each occurs; they sum to 1."""
        shares = FAMILIES[self.family].kinds
        if self.rarity == 1:
            return shares
        raised = {kind: share**self.rarity for kind, share in shares.items()}
        return {kind: share / sum(raised.values()) for kind, share in raised.items()}

    @property
    def identity(self) -> str:
        """A text that differs wherever pixels do; newer settings count where they are not the default."""
        first = ("size", "count", "seed", "contrast")
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        default = {field.name: field.default for field in dataclasses.fields(self)}
        changed = [f"{n}={v!r}" for n, v in values.items() if n in first or v != default[n]]
        return f"synthetic-{_VERSION}-SurfaceSettings({', '.join(changed)})"


class SyntheticPatches:
    """Procedural surfaces behind the `Patches` contract; drawn patches are kept in memory."""

    def __init__(self, settings: SurfaceSettings | None = None, *, name: str = "synthetic") -> None:
        self.settings = settings = settings or SurfaceSettings()
        self.name = name
        self.shape = (settings.size, settings.size, 3 if settings.color else 1)
        self.fingerprint = hashlib.sha256(settings.identity.encode()).hexdigest()
        self._tint = np.array(FAMILIES[settings.family].tint)
        rng = np.random.default_rng([settings.seed, _VERSION])
        self.defective = np.zeros(settings.count, dtype=bool)
        self.defective[rng.choice(settings.count, settings.count // 2, replace=False)] = True
        self.split = stratified_split(self.defective, rng=rng)
        self._surface = marks.Canvas(settings.size)
        self._slot = np.full(settings.count, -1)
        self._images = np.zeros((0, settings.size, settings.size), dtype=np.uint8)
        self._masks = np.zeros((0, settings.size, settings.size), dtype=bool)
        self._decoys = np.zeros(0, dtype=bool)
        self._drawing = threading.Lock()

    def images(self, items: np.ndarray) -> np.ndarray:
        """(n,) ids -> (n, H, W, C) uint8."""
        self._draw(items)
        grey = self._images[self._slot[items]][..., None]
        return (grey * self._tint).clip(0, 255).astype(np.uint8) if self.settings.color else grey

    def masks(self, items: np.ndarray) -> np.ndarray:
        """(n,) ids -> (n, H, W) bool."""
        self._draw(items)
        return self._masks[self._slot[items]]

    def decoys(self, items: np.ndarray) -> np.ndarray:
        """(n,) ids -> (n,) bool, which have a clean look that is made to fool, see `alcore.data.decoys`."""
        self._draw(items)
        return self._decoys[self._slot[items]]

    def ignored(self, items: np.ndarray) -> None:
        """None, since every pixel is known."""

    def kinds(self, item: int) -> list[str]:
        """The kinds of defect on the patch; none on a clean one."""
        return self._kinds(self._rng(item)) if self.defective[item] else []

    def describe(self, item: int) -> str:
        """The kinds of defect on the patch."""
        if FAMILIES[self.settings.family].decoy and self.decoys(np.array([item]))[0]:
            return f"surface {item}: no defect, a decoy"
        return f"surface {item}: {' and '.join(self.kinds(item)) or 'no defect'}"

    def _draw(self, items: np.ndarray) -> None:
        """Draw what has not been drawn; patches are kept in the order in which they were asked for."""
        with self._drawing:  # several browser tabs share one data set
            missing = np.unique(np.asarray(items)[self._slot[items] < 0])
            if not missing.size:
                return
            drawn = [self._patch(int(item)) for item in missing]
            first = len(self._images)
            self._images = np.concatenate([self._images, [image for image, _, _ in drawn]])
            self._masks = np.concatenate([self._masks, [mask for _, mask, _ in drawn]])
            self._decoys = np.concatenate([self._decoys, [is_decoy for _, _, is_decoy in drawn]])
            self._slot[missing] = np.arange(first, len(self._images))

    def _rng(self, item: int) -> np.random.Generator:
        return np.random.default_rng([self.settings.seed, _VERSION, item])

    def _kinds(self, rng: np.random.Generator) -> list[str]:
        count = 2 if rng.random() < _SECOND_DEFECT else 1
        kinds = self.settings.kinds
        return list(rng.choice(list(kinds), size=count, p=list(kinds.values())))

    def _patch(self, item: int) -> tuple[np.ndarray, np.ndarray, bool]:
        """One patch: (H, W) uint8 image, (H, W) bool mask, and whether it has a decoy."""
        rng, canvas, settings = self._rng(item), self._surface, self.settings
        kinds = self._kinds(rng)
        family = FAMILIES[settings.family]
        image = family.ground(canvas, rng)
        for look_alike in marks.LOOK_ALIKES:
            if rng.random() < settings.look_alikes / len(marks.LOOK_ALIKES):
                image += look_alike(canvas, rng)
        is_decoy = False
        if family.decoy and not self.defective[item] and rng.random() < family.decoy_share:
            image, is_decoy = image + family.decoy(canvas, rng), True
        mask = np.zeros(image.shape, dtype=bool)
        for kind in kinds if self.defective[item] else []:
            change, where = self._defect(kind, rng)
            image += settings.contrast * change
            mask |= where
        image += rng.normal(0, rng.uniform(2.0, 5.0), image.shape)
        return np.clip(image, 0, 255).astype(np.uint8), mask, is_decoy

    def _defect(self, kind: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """(H, W) change and mask of one defect, larger or smaller than it is drawn; never empty."""
        draw, scale = marks.DEFECTS[kind], self.settings.defect_size
        if scale == 1:
            return draw(self._surface, rng)
        for _ in range(_MOST_TRIES):  # enlarged about a point that is too far off, it leaves the patch
            change, where = draw(self._surface.enlarged(scale, rng.uniform(16, 48, size=2)), rng)
            if where.any():
                return change, where
        return draw(self._surface, rng)
