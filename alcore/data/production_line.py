"""A production line whose images arrive one by one, from which a rule keeps what the storage holds.

Images arrive independently, defective with probability π₁, and each shows a patch of a data set's training
side that has not been shown before. The line ends with the shift, or when the data set has no further patch
of the class that is to come.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from alcore.data.anomaly_score import anomaly_scores, appearance
from alcore.data.patches import Patches, Split, items_of
from alcore.data.stored import StoredPatches
from alcore.data.synthetic import SyntheticPatches
from alcore.errors import DataError
from alcore.streams import Purpose, stream

_MOST_MEASURED = 600
"""Patches of a class from which a formula's chances are measured."""
_CALIBRATION = 200
"""Images from the line's beginning that the anomaly score takes for usual."""
_CHUNK = 128


@dataclass(frozen=True)
class LineSettings:
    """A line and its storage.

    defect_rate: π₁, above 0 and below 1; images_per_hour; hours: of the shift; storage: images that are kept
    at most. every: of the rule that keeps every n-th. sees: chance that a very large defect is seen; one of
    the median size is seen half as often; false_press: chance that a clean image is taken for a defective
    one. before, after: images kept around an alarm.
    Raises:
        DataError: a value out of range.
    """

    defect_rate: float = 0.02
    images_per_hour: int = 1200
    hours: float = 8.0
    storage: int = 600
    every: int = 5
    sees: float = 0.9
    false_press: float = 0.01
    before: int = 5
    after: int = 5
    seed: int = 0

    def __post_init__(self) -> None:
        ranges = {
            "defect_rate": (1e-4, 0.9999),
            "images_per_hour": (1, 10_000_000),
            "hours": (0.01, 100_000),
            "storage": (2, 10_000_000),
            "every": (1, 1_000_000),
            "sees": (0, 1),
            "false_press": (0, 1),
            "before": (0, 100_000),
            "after": (0, 100_000),
            "seed": (0, 2**32 - 1),
        }
        for name, (low, high) in ranges.items():
            if not low <= getattr(self, name) <= high:
                raise DataError(
                    f"{name.replace('_', ' ')} must be from {low:g} to {high:g}, got {getattr(self, name)}"
                )


class ProductionLine:
    """The images of a shift, in the order in which they arrive.

    items: (N,) ids; defective: (N,) bool.
    """

    def __init__(self, patches: Patches, settings: LineSettings) -> None:
        """Draw the arrivals; DataError where the training side has not one patch of each class."""
        self.patches, self.settings = patches, settings
        rng = stream(settings.seed, Purpose.LINE)
        train = items_of(patches, Split.TRAIN)
        self._bad, self._good = (
            rng.permutation(train[patches.defective[train] == kind]) for kind in (True, False)
        )
        if not self._bad.size or not self._good.size:
            raise DataError(f"{patches.name} has no patch of one class to show; choose another data set")
        count = min(round(settings.images_per_hour * settings.hours), train.size)
        is_bad = rng.random(max(count, 1)) < settings.defect_rate
        bad, good = np.cumsum(is_bad), np.cumsum(~is_bad)
        length = int(np.count_nonzero((bad <= self._bad.size) & (good <= self._good.size)))
        self.defective = is_bad[:length]
        self.items = np.where(
            self.defective,
            self._bad[np.minimum(bad[:length], self._bad.size) - 1],
            self._good[np.minimum(good[:length], self._good.size) - 1],
        )

    @property
    def ran_out(self) -> bool:
        """Whether the line ended before the shift, because it had no more images."""
        return self.items.size < round(self.settings.images_per_hour * self.settings.hours)

    @property
    def hours(self) -> float:
        """How many hours the line ran."""
        return self.items.size / self.settings.images_per_hour

    @cached_property
    def areas(self) -> np.ndarray:
        """(N,) defect areas in pixels, 0 for clean images."""
        found = np.zeros(self.items.size, dtype=np.int64)
        found[self.defective] = _areas(self.patches, self.items[self.defective])
        return found

    @cached_property
    def scores(self) -> np.ndarray:
        """(N,) anomaly scores."""
        return anomaly_scores(self._appearances, self._appearances[:_CALIBRATION])

    @cached_property
    def pressed(self) -> np.ndarray:
        """(N,) bool, whether the operator or device at the line took the image for a defective one."""
        chance = np.where(self.defective, self.chance_to_see(self.areas), self.settings.false_press)
        return stream(self.settings.seed, Purpose.LINE, "press").random(self.items.size) < chance

    def chance_to_see(self, areas: np.ndarray) -> np.ndarray:
        """(n,) areas in pixels -> (n,) chance that such a defect is seen; half of `sees` at the median."""
        return self.settings.sees * areas / (areas + np.median(self.measured_areas))

    @cached_property
    def measured_areas(self) -> np.ndarray:
        """(n,) pixels, of some defective patches of the training side."""
        return _areas(self.patches, self._bad[:_MOST_MEASURED])

    @cached_property
    def measured_scores(self) -> tuple[np.ndarray, np.ndarray]:
        """(n,) anomaly scores of some defective, and of some clean patches of the training side."""
        usual = self._appearances[:_CALIBRATION]
        defective, clean = (
            anomaly_scores(_appearances(self.patches, items[::-1][:_MOST_MEASURED]), usual)
            for items in (self._bad, self._good)
        )
        return defective, clean

    def kinds(self, items: np.ndarray) -> list[str]:
        """What (n,) defects are called: kinds of surfaces, or the folders that the images lay in."""
        if isinstance(self.patches, SyntheticPatches):
            return [self.patches.kinds(int(item))[0] for item in items]
        if isinstance(self.patches, StoredPatches):
            sources = self.patches.items["source"].iloc[items]
            return [source.rpartition("/")[0] for source in sources]
        return [""] * items.size

    @cached_property
    def _appearances(self) -> np.ndarray:
        return _appearances(self.patches, self.items)


def _appearances(patches: Patches, items: np.ndarray) -> np.ndarray:
    parts = [
        appearance(patches.images(items[start : start + _CHUNK])) for start in range(0, items.size, _CHUNK)
    ]
    return np.concatenate(parts)


def _areas(patches: Patches, items: np.ndarray) -> np.ndarray:
    if isinstance(patches, StoredPatches):
        return patches.items["area"].to_numpy()[items]
    parts = [
        patches.masks(items[start : start + _CHUNK]).sum(axis=(1, 2))
        for start in range(0, items.size, _CHUNK)
    ]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)
