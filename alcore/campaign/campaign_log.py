"""What happened in a campaign, in order: one JSON object per line, only ever appended to.

    asked     batch, chosen, slice: ids of the images that people are asked to label
    taken     file, digest, labels: what came back, by id, as run lengths
    training  batch: its cycle is about to be trained on the labels above this line
    stopped   why

A line is written and brought to the disk in one step. A process that dies while it writes leaves at most half
a line, at the end, which stands for nothing and is cut off by the next writer; so a campaign is always in the
state before a step or after it. A label that changes is another line, so that both versions stay.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from alcore.data.importing import rle
from alcore.errors import DamagedFileError, StoreError


@dataclass(frozen=True)
class Label:
    """How people labelled one patch, as run lengths of `alcore.data.importing.rle`, '' for nothing.

    mask: the pixels that are defective; ignored: those of which nobody knows what they are.
    """

    mask: str
    ignored: str = ""

    @classmethod
    def of(cls, mask: np.ndarray, ignored: np.ndarray | None = None) -> Label:
        """(H, W) bool each; ignored: None for nothing."""
        return cls(rle.encode(mask), "" if ignored is None else rle.encode(ignored))

    def pixels(self, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        """(H, W) bool: the mask, and what is ignored."""
        mask, ignored = (rle.decode(runs, shape, name="a label") for runs in (self.mask, self.ignored))
        return mask, ignored


@dataclass(frozen=True)
class Asked:
    """A batch: (q,) ids that the strategy chose, in its order, and (s,) ids of the random slice."""

    chosen: tuple[int, ...]
    slice: tuple[int, ...]

    @property
    def items(self) -> tuple[int, ...]:
        """All ids, the slice first: it is what should be labelled whatever happens."""
        return self.slice + self.chosen


@dataclass
class History:
    """What the lines add up to. labels: the latest of each id; versions: how many each id had."""

    asked: dict[int, Asked] = field(default_factory=dict)
    labels: dict[int, Label] = field(default_factory=dict)
    versions: Counter[int] = field(default_factory=Counter)
    stopped: str | None = None

    @property
    def known(self) -> frozenset[int]:
        """Ids that people were asked about; given labels are asked of nobody."""
        return frozenset(item for batch in self.asked.values() for item in batch.items)

    def missing(self, batch: int) -> tuple[int, ...]:
        """Ids of a batch that have no label yet."""
        return tuple(item for item in self.asked[batch].items if item not in self.labels)

    def add(self, line: dict[str, Any]) -> None:
        """Take in one more line; KeyError, TypeError or ValueError for one that is none."""
        match line["event"]:
            case "asked":
                chosen, drawn = (tuple(map(int, line[key])) for key in ("chosen", "slice"))
                self.asked[int(line["batch"])] = Asked(chosen, drawn)
            case "taken":
                labels = {int(item): Label(**label) for item, label in line["labels"].items()}
                self.labels |= labels
                self.versions.update(labels.keys())
            case "stopped":
                self.stopped = str(line["why"])


class CampaignLog:
    """The log of one campaign; a process that appends holds the campaign's lock."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self) -> History:
        """The history as it stands.

        Raises:
            StoreError: a line that is no event.
        """
        history = History()
        for number, line in enumerate(self._whole().splitlines(), start=1):
            try:
                history.add(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError):
                raise DamagedFileError(
                    self._file, f"is damaged in line {number}", "restore a backup"
                ) from None
        return history

    def append(self, event: str, **values: object) -> None:
        """Write one event; StoreError where that cannot be done, and then nothing was written."""
        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"event": event, "time": time} | values, ensure_ascii=False).encode() + b"\n"
        try:
            size = len(self._whole())
            handle = os.open(self._file, os.O_WRONLY | os.O_CREAT, 0o644)
            try:
                os.ftruncate(handle, size)  # half a line that a killed process left
                os.lseek(handle, size, os.SEEK_SET)
                _write_all(handle, line, size)
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            raise StoreError(f"{self._file} cannot be written: {error.strerror or error}") from None

    def _whole(self) -> bytes:
        """All lines that have an end."""
        if not self._file.exists():
            return b""
        content = self._file.read_bytes()
        return content[: content.rfind(b"\n") + 1]


def _write_all(handle: int, line: bytes, size: int) -> None:
    """Write a line after the first `size` bytes, or nothing: a full disk takes the first part of it."""
    try:
        done = 0
        while done < len(line):
            done += os.write(handle, line[done:])
    except OSError:
        os.ftruncate(handle, size)
        raise
