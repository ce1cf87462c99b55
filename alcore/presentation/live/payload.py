"""What a browser needs to compute a run's curves, with bands, for every metric at every prevalence.

Exact and small. The expected counts at π are linear in the class means, so six numbers a point (tp, fp, fn of
clean and of defective patches; no metric needs tn) and the patch IoU give each value. For the band:

- With two or more repetitions a replicate is the mean plus weighted deviations of the repetitions from it.
  The weights depend on their number alone; their second half is the first with opposite signs, so only 2000
  rows of them travel.
- With one, class means of resampled test patches travel as sums over patches. Those are whole numbers, which
  compress well, and the means follow without loss. The patch IoU does not depend on π: its bounds travel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from alcore.config import RunConfig
from alcore.metrics import PATCH_IOU
from alcore.presentation.figures.layout import color_of, symbol_of
from alcore.presentation.labels import display_name
from alcore.presentation.sentences import basis_of_bands
from alcore.statistics.estimands import Evidence
from alcore.statistics.resampling import interval, student_weights

_COUNTS = slice(0, 3)  # tp, fp, fn
_WITHOUT_TN = (0, 1, 2, 4)


@dataclass(frozen=True)
class QueryPicture:
    """The patches of one query as one picture: a WebP file, and a sentence that says what it shows."""

    webp: bytes
    words: str


@dataclass(frozen=True)
class LiveRun:
    """One run's curves.

    title: what the run is called where there are several.
    test_sizes: clean and defective patches in the test set, of the first repetition.
    pictures: of queries, by (strategy, cycle).
    """

    title: str
    config: RunConfig
    evidence: Evidence
    test_sizes: tuple[int, int]
    pictures: Mapping[tuple[str, int], QueryPicture] = field(default_factory=dict)


class Blocks:
    """Arrays end to end in one run of bytes; equal ones are kept once."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._places: dict[bytes, dict[str, object]] = {}
        self._end = 0

    def add(self, array: np.ndarray) -> dict[str, object]:
        """Where an array lies: offset in bytes (a multiple of 8), type (f8 or i4) and shape."""
        kind = "i4" if array.dtype.kind == "i" else "f8"
        data = np.ascontiguousarray(array, dtype=f"<{kind}").tobytes()
        if data not in self._places:
            self._places[data] = {"offset": self._end, "type": kind, "shape": list(array.shape)}
            self._parts.append(data + bytes(-len(data) % 8))
            self._end += len(self._parts[-1])
        return self._places[data] | {"shape": list(array.shape)}

    def bytes(self) -> bytes:
        """All of them."""
        return b"".join(self._parts)


def run_payload(run: LiveRun, blocks: Blocks) -> dict[str, object]:
    """A run as JSON can hold it; its arrays go to `blocks`.

    Returns:
        title, basis (of its bands, in words), pool_prevalence, test_prevalence, labelled and cycles (C,),
        strategies (S of name, title, color, symbol); means (R, S, C, 2, 4): tp, fp, fn, patch IoU of clean
        and of defective patches; and either weights (2000, R), or sums (S, C, 2, 3, B), sizes (2,) and
        patch_iou (2, S, C): its low and high bounds.
    """
    evidence = run.evidence
    payload: dict[str, object] = {
        "title": run.title,
        "basis": basis_of_bands(evidence),
        "pool_prevalence": evidence.pool_prevalence,
        "test_prevalence": run.config.test_prevalence,
        "labelled": evidence.labelled.tolist(),
        "cycles": evidence.cycles.tolist(),
        "strategies": [
            {"name": name, "title": display_name(name), "color": color_of(name), "symbol": symbol_of(name)}
            for name in evidence.strategies
        ],
        "means": blocks.add(evidence.means[..., _WITHOUT_TN]),
    }
    if evidence.resampled is None:
        weights = student_weights(evidence.repetitions)
        return payload | {"weights": blocks.add(weights[: len(weights) // 2])}
    sums = np.rint(evidence.resampled[..., _COUNTS] * np.array(run.test_sizes)[:, None]).astype(np.int32)
    bounds = interval(evidence.curves(PATCH_IOU, 1.0).replicates)
    return payload | {
        "sums": blocks.add(np.moveaxis(sums, 0, -1)),
        "sizes": list(run.test_sizes),
        "patch_iou": blocks.add(np.stack(bounds)),
    }
