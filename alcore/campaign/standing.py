"""Where a campaign stands: what was labelled, what it cost, and how good the model is by the random slice."""

from __future__ import annotations

import numpy as np

from alcore.campaign.batch_image import image_name
from alcore.campaign.campaign import Campaign
from alcore.campaign.campaign_events import CampaignStands
from alcore.campaign.campaign_log import History
from alcore.campaign.live_stopping import says_stop
from alcore.statistics.budget_units import Labelling, LabelModel, outline_pixels
from alcore.statistics.random_slice import Estimated, iou_estimate, prevalence_estimate


def standing_of(campaign: Campaign) -> CampaignStands:
    """Read everything; nothing is changed, and nobody has to hold the campaign."""
    history = campaign.log.read()
    latest = max(history.asked, default=0)
    spent = _spent(campaign, history)
    return CampaignStands(
        campaign=campaign.name,
        owner=campaign.settings.owner,
        dataset=campaign.config.dataset,
        strategy=campaign.config.strategies[0],
        trained=campaign.trained,
        asked=latest,
        planned=campaign.config.cycles,
        missing=missing_names(campaign, history, latest),
        given=campaign.given,
        bought=len(history.labels),
        slice=len(sliced(history)),
        defective=sum(bool(label.mask) for label in history.labels.values()),
        clicks=_one(spent, "clicks"),
        seconds=_one(spent, "seconds"),
        prevalence=_bounds(_prevalence(history)),
        iou=_bounds(_iou(campaign)),
        rule=campaign.settings.rule,
        rules=says_stop(campaign),
        stopped=history.stopped,
    )


def missing_names(campaign: Campaign, history: History, batch: int) -> list[str]:
    """Names of the images of a batch that have no label; none of batch 0."""
    items = history.missing(batch) if batch else ()
    return [image_name(item, campaign.base.describe(item)) for item in items]


def sliced(history: History) -> list[int]:
    """Ids of the random slice that are labelled."""
    drawn = (item for batch in history.asked.values() for item in batch.slice)
    return [item for item in drawn if item in history.labels]


def _prevalence(history: History) -> Estimated | None:
    found = np.array([bool(history.labels[item].mask) for item in sliced(history)], dtype=bool)
    return prevalence_estimate(found)


def _iou(campaign: Campaign) -> Estimated | None:
    keys = campaign.store.committed()
    return iou_estimate(campaign.store.record(keys[-1]).counts) if keys else None


def _bounds(found: Estimated | None) -> list[float] | None:
    return None if found is None else [found.value, found.low, found.high]


def _spent(campaign: Campaign, history: History) -> Labelling:
    """What people did, as one strategy's one cycle."""
    shape = campaign.base.shape[:2]
    masks = [label.pixels(shape)[0] for label in history.labels.values() if label.mask]
    drawn = np.array(masks, dtype=bool).reshape(-1, *shape)
    sums = (len(history.labels), len(masks), int(drawn.sum()), int(outline_pixels(drawn).sum()))
    return Labelling(*(np.array([[[value]]]) for value in sums))


def _one(spent: Labelling, unit: str) -> float:
    return float(spent.spent(unit, LabelModel())[0, 0, 0])
