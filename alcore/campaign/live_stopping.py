"""Stopping rules, live: those of `alcore.statistics.stopping`, with what a campaign knows after each batch.

Where a rule looks at a metric or at predictions, it sees the random slice: the images that a strategy chose
say nothing of how good the model is.
"""

from __future__ import annotations

import numpy as np

from alcore.campaign.campaign import Campaign
from alcore.metrics import metrics_from_counts
from alcore.statistics.stopping import RULES, Histories, agreement
from alcore.storage.records import StoredRecord


def histories(campaign: Campaign) -> Histories | None:
    """What was known after each batch; None before the first record."""
    records = [campaign.store.record(key) for key in campaign.store.committed()]
    if not records:
        return None
    values = np.array([_iou(record) for record in records])
    return Histories(
        strategies=campaign.config.strategies,
        labelled=np.array([record.labelled for record in records]),
        budget=campaign.config.budget,
        defects=_as_one([int(record.defective.sum()) for record in records]),
        score=_as_one([_highest(record.scores) for record in records]),
        metric=_as_one(values),
        validation=_as_one(values),
        kappa=_as_one([np.nan, *map(_kappa, records, records[1:])]),
    )


def says_stop(campaign: Campaign) -> dict[str, bool]:
    """Every rule by name: whether it says stop after the latest batch."""
    found = histories(campaign)
    if found is None:
        return dict.fromkeys(RULES, False)
    return {name: bool(rule(found)[0, 0, -1]) for name, rule in RULES.items()}


def verdict(campaign: Campaign) -> str:
    """Why the campaign's own rule says stop now, in one sentence; '' where it does not."""
    rule = campaign.settings.rule
    if not says_stop(campaign)[rule]:
        return ""
    return f"the rule {rule!r} says stop after batch {campaign.trained}"


def _as_one(values: np.ndarray | list[float] | list[int]) -> np.ndarray:
    """(C,) -> (1, 1, C): one repetition of one strategy."""
    return np.asarray(values)[None, None]


def _iou(record: StoredRecord) -> float:
    return float(metrics_from_counts(record.counts.sum(axis=0))["iou"])


def _highest(scores: np.ndarray) -> float:
    known = scores[~np.isnan(scores)]
    return float(known.max()) if known.size else np.nan


def _kappa(one: StoredRecord, other: StoredRecord) -> float:
    """Agreement of two models in turn on the images of the slice that both were judged on."""
    shared, first, second = np.intersect1d(one.test_items, other.test_items, return_indices=True)
    if not shared.size:
        return np.nan
    return agreement(one.max_probability[first] >= 0.5, other.max_probability[second] >= 0.5)
