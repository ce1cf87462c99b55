"""What a campaign's events say to people: the lines that a terminal shows."""

from __future__ import annotations

from collections.abc import Sequence

from alcore.campaign.campaign_events import (
    BatchAsked,
    CampaignEvent,
    CampaignFailed,
    CampaignProgress,
    CampaignStands,
    LabelsTaken,
)
from alcore.wording import clock, percent, plural

_MOST_NAMED = 5


def in_sentences(event: CampaignEvent) -> list[str]:
    """The lines of one event; progress and failures have none here."""
    match event:
        case BatchAsked():
            return _batch(event)
        case LabelsTaken():
            return _taken(event)
        case CampaignStands():
            return _stands(event)
        case CampaignProgress() | CampaignFailed():
            return []


def _batch(event: BatchAsked) -> list[str]:
    name = event.campaign
    if event.state == "made":
        return [f"{name}: made; ask for the first batch with: alcore campaign next {name}"]
    if event.state == "ended":
        return [f"{name}: no further batch, since {event.why}" if event.why else f"{name}: stopped"]
    if event.state == "asked":
        return [
            f"{name}: batch {event.batch}, {plural(event.images, 'image')} in {event.folder}",
            f"label them, then: alcore campaign take {name} EXPORT",
        ]
    return [
        f"{name}: batch {event.batch} waits for {plural(len(event.missing), 'label')} "
        f"({_some(event.missing)}); its images are in {event.folder}",
        "go on without them, and take them later, with --without-missing",
    ]


def _taken(event: LabelsTaken) -> list[str]:
    lines = [
        f"{event.campaign}: {event.new} new, {event.changed} changed, {event.unchanged} as they were",
        *(f"not used: {name}: {why}" for name, why in event.refused.items()),
    ]
    if event.missing:
        return [*lines, f"missing: {plural(len(event.missing), 'label')} ({_some(event.missing)})"]
    return [*lines, f"the batch is complete; go on with: alcore campaign next {event.campaign}"]


def _stands(event: CampaignStands) -> list[str]:
    chosen = event.bought - event.slice
    lines = [
        f"{event.campaign}: {event.strategy} on {event.dataset}, trained on {event.trained} of "
        f"{plural(event.planned, 'batch')}",
        f"labels: {event.bought} bought, of them {chosen} chosen and {event.slice} in the random slice; "
        f"{event.defective} defective" + (f"; {event.given} were there before" if event.given else ""),
        f"that is about {round(event.clicks)} clicks and {clock(event.seconds)}",
        _estimate("defective images", event.prevalence, in_percent=True),
        _estimate("IoU of the latest model", event.iou, in_percent=False),
    ]
    stops = [name for name, says in event.rules.items() if says]
    lines.append(f"rules that say stop: {', '.join(stops) or 'none'}; this campaign's is {event.rule!r}")
    if event.missing:
        lines.append(
            f"batch {event.asked} waits for {plural(len(event.missing), 'label')} ({_some(event.missing)})"
        )
    if event.stopped is not None:
        lines.append(f"stopped: {event.stopped}")
    return lines


def _estimate(what: str, bounds: Sequence[float] | None, *, in_percent: bool) -> str:
    if bounds is None:
        return f"{what}: not known yet; the random slice has too few labels"
    value, low, high = (percent(one) if in_percent else f"{one:.3f}" for one in bounds)
    return f"{what}: {value}, between {low} and {high} (95 %), by the random slice alone"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
