"""What an import tells its followers, and how it travels: one JSON object per line.

The dashboard's uploads and `alcore data import --json` speak these. Every object has a key `event`:

    progress   done, total (images)
    ended      status (finished or failed), message, name, patches, defective, vanished, skipped
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import ClassVar

from alcore.data.stored import DatasetInfo
from alcore.errors import DataError
from alcore.wording import percent, plural


@dataclass(frozen=True)
class ImportProgress:
    """So many images of all are read."""

    event: ClassVar[str] = "progress"
    done: int
    total: int


@dataclass(frozen=True)
class ImportEnded:
    """How an import ended; status: finished or failed, message: why it failed, in one sentence.

    patches, defective: counts of the new data set. vanished: images whose defect is too small for a pixel at
    this size, so that they count as clean. skipped: files that were left out, with the reason. notes: how
    files were read, one sentence each.
    """

    event: ClassVar[str] = "ended"
    status: str
    message: str = ""
    name: str = ""
    patches: int = 0
    defective: int = 0
    vanished: list[str] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, name: str, info: DatasetInfo) -> ImportEnded:
        """A data set was imported under that name."""
        return cls(
            "finished",
            name=name,
            patches=info.patches,
            defective=info.defective,
            vanished=list(info.vanished),
            skipped=dict(info.skipped),
            notes=list(info.notes),
        )

    def sentences(self) -> list[str]:
        """For people: what the data set holds and what was left out, or why there is none."""
        if self.status != "finished":
            return [self.message]
        share = percent(self.defective / self.patches)
        told = [
            f"{self.name}: {plural(self.patches, 'patch')}, {self.defective} defective ({share})",
            *self.notes,
        ]
        if self.vanished:
            images = plural(len(self.vanished), "image")
            told.append(f"defects too small for a pixel at this size, so counted as clean: {images}")
        return told + [f"skipped {file}: {reason}" for file, reason in self.skipped.items()]


ImportEvent = ImportProgress | ImportEnded

_KINDS = {kind.event: kind for kind in (ImportProgress, ImportEnded)}


def to_line(event: ImportEvent) -> str:
    """One line of JSON, without the line's end."""
    return json.dumps({"event": event.event} | asdict(event))


def from_line(line: str) -> ImportEvent:
    """The event that `to_line` wrote.

    Raises:
        DataError: a line that holds none.
    """
    try:
        values = json.loads(line)
        return _KINDS[values.pop("event")](**values)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise DataError(f"the import sent a line that is no event: {line[:200]!r}") from None
