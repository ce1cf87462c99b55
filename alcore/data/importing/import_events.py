"""What an import tells its followers, and how it travels: one JSON object per line.

The dashboard's uploads and `alcore data import --json` speak these. Every object has a key `event`:

    progress   done, total (images of a phase), phase (looking, reading), share (of all work), left (seconds)
    ended      status (finished or failed), message, name, patches, defective, vanished, skipped, notes,
               unknown
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import ClassVar

from alcore.data.importing.patch_choice import PatchSize
from alcore.data.stored import DatasetInfo
from alcore.errors import DataError
from alcore.event_lines import EventLines
from alcore.wording import class_counts


class ImportPhase(StrEnum):
    """Looking at masks, to know how to read them, or reading images."""

    LOOKING = "looking"
    READING = "reading"


@dataclass(frozen=True)
class ImportProgress:
    """So many images of all are done in a phase.

    share: of all work, 0 to 1; left: seconds until the end, None until that is known.
    """

    event: ClassVar[str] = "progress"
    done: int
    total: int
    phase: ImportPhase = ImportPhase.READING
    share: float = 0.0
    left: float | None = None

    def __post_init__(self) -> None:
        """A phase that came in a line is text; ValueError where there is none of that name."""
        object.__setattr__(self, "phase", ImportPhase(self.phase))


@dataclass(frozen=True)
class ImportEnded:
    """How an import ended; status: finished or failed, message: why it failed, in one sentence.

    patches, defective: counts of the new data set; unlabelled: its patches without a mask. vanished: images
    whose defect is too small for a pixel at this size, or for the smallest that counts. skipped: files that
    were left out, with the reason. notes: how files were read, one sentence each. unknown: patches left out
    because none of their pixels is known. warnings: what to know before a run, one sentence each. sizes: what
    other patch sizes would do, one row each; suggested: the most suitable row. These two are filled where an
    import checks, and where another patch size would solve a failure. colors: for masks coded in colours,
    red, green, blue and share of all pixels, the largest first. families: where no layout explains all files,
    the possible images and masks, in the form of `file_families.Family`.
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
    unknown: int = 0
    warnings: list[str] = field(default_factory=list)
    sizes: list[dict[str, int | float | bool]] = field(default_factory=list)
    suggested: int | None = None
    colors: list[list[float]] = field(default_factory=list)
    families: list[dict[str, str | int | float]] = field(default_factory=list)
    unlabelled: int = 0

    @property
    def counts(self) -> str:
        """How many patches there are, and of which class, in words."""
        return class_counts(self.patches, self.defective, self.unlabelled)

    @classmethod
    def of(cls, name: str, info: DatasetInfo, warnings: list[str]) -> ImportEnded:
        """A data set was imported under that name; warnings: those of `cautions.data_set_report`."""
        return cls(
            "finished",
            name=name,
            patches=info.patches,
            defective=info.defective,
            vanished=list(info.vanished),
            skipped=dict(info.skipped),
            notes=list(info.notes),
            unknown=info.unknown,
            warnings=warnings,
            unlabelled=info.unlabelled,
        )

    def with_colors(self, colors: Iterable[Sequence[float]]) -> ImportEnded:
        """The same, with the colours of the masks."""
        return replace(self, colors=[list(color) for color in colors])

    def with_sizes(self, sizes: list[PatchSize], suggested: PatchSize | None) -> ImportEnded:
        """The same, with what other patch sizes would do."""
        place = None if suggested is None else sizes.index(suggested)
        return replace(self, sizes=[asdict(size) for size in sizes], suggested=place)

    def patch_sizes(self) -> list[PatchSize]:
        """The results of other patch sizes, one per row of `sizes`."""
        return [PatchSize(**row) for row in self.sizes]  # type: ignore[arg-type]  # as asdict made them

    def other_sizes(self) -> list[str]:
        """For people: what other patch sizes would do."""
        sizes = self.patch_sizes()
        rows = [f"  {size.in_words()}" for size in sizes]
        if self.suggested is not None:
            rows.append(f"suggested: {sizes[self.suggested].in_words()}")
        return rows

    def sentences(self) -> list[str]:
        """For people: what the data set holds and what was left out, or why there is none."""
        if self.status != "finished":
            return [self.message]
        return [
            f"{self.name}: {self.counts}",
            *self.notes,
            *self.warnings,
            *(f"skipped {file}: {reason}" for file, reason in self.skipped.items()),
        ]


ImportEvent = ImportProgress | ImportEnded

LINES = EventLines[ImportEvent](
    "the import", ImportProgress, ImportEnded, error=DataError, renamed={"mind": "warnings"}
)
to_line, from_line = LINES.to_line, LINES.from_line
