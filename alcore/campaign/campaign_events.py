"""What `alcore campaign ... --json` says: one JSON object per line, the outcome last."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from alcore.event_lines import EventLines


@dataclass(frozen=True)
class CampaignProgress:
    """Where a model is: `done` of `total` units of a phase (scoring, training, evaluating) of a batch."""

    event: ClassVar[str] = "progress"
    batch: int
    phase: str
    done: int
    total: int


@dataclass(frozen=True)
class BatchAsked:
    """state: made (a new campaign), asked (a new batch), waiting (for the labels of one), or ended (why says
    so); batch: its number; folder: where its images are; images: how many; missing: those without a label.
    """

    event: ClassVar[str] = "batch"
    campaign: str
    state: str
    batch: int
    folder: str = ""
    images: int = 0
    missing: list[str] = field(default_factory=list)
    why: str = ""


@dataclass(frozen=True)
class LabelsTaken:
    """What an export brought, see `alcore.campaign.taking.Taken`."""

    event: ClassVar[str] = "taken"
    campaign: str
    new: int
    changed: int
    unchanged: int
    missing: list[str]
    refused: dict[str, str]


@dataclass(frozen=True)
class CampaignStands:
    """Where a campaign stands.

    trained, asked, planned: batches; missing: images of the latest batch without a label. given: labels that
    were there; bought: labels since, slice: of these, those of the random slice; defective: of all labels
    since; clicks, seconds: what labelling took, by `alcore.statistics.budget_units.LabelModel`.
    prevalence and iou: of the images that had no label, and of the latest model on them, by the random slice
    alone: estimate, lower and upper bound; None where the slice says nothing yet. rules: whether each
    stopping rule says stop; rule: the campaign's own. stopped: why, None while it goes on.
    """

    event: ClassVar[str] = "stands"
    campaign: str
    owner: str
    dataset: str
    strategy: str
    trained: int
    asked: int
    planned: int
    missing: list[str]
    given: int
    bought: int
    slice: int
    defective: int
    clicks: float
    seconds: float
    prevalence: list[float] | None
    iou: list[float] | None
    rule: str
    rules: dict[str, bool]
    stopped: str | None


@dataclass(frozen=True)
class CampaignFailed:
    """Input that cannot be used; nothing was changed."""

    event: ClassVar[str] = "failed"
    message: str


CampaignEvent = CampaignProgress | BatchAsked | LabelsTaken | CampaignStands | CampaignFailed

LINES = EventLines[CampaignEvent](
    "the campaign", CampaignProgress, BatchAsked, LabelsTaken, CampaignStands, CampaignFailed
)
to_line, from_line = LINES.to_line, LINES.from_line
