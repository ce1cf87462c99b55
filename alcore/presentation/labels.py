"""What metrics, strategies and scores are called, in legends, captions and tables."""

from __future__ import annotations

import math

from alcore.acquisition import Needs, current_name, get_strategy, strategy_names
from alcore.metrics import ALL_METRICS, PATCH_IOU

_METRICS = {
    "iou": "IoU",
    "dice": "Dice",
    "precision": "Precision",
    "recall": "Recall",
    PATCH_IOU: "Patch IoU",
}
METRIC_TITLES = {name: _METRICS[name] for name in ALL_METRICS}
FLAGGING_TITLES = {
    "detection": "defective patches flagged",
    "false_alarms": "clean patches flagged",
    "precision": "flagged patches that are defective",
}
"""What detecting defective patches is measured by, as shares."""

PREVALENCES = (
    *(0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05, 0.06, 0.08),
    *(0.1, 0.12, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
)
"""Steps of all prevalence sliders: 0.1 % to 100 %, finer where it is small."""


def score_text(strategy: str, score: float) -> str:
    """A score for a caption, or '' for a strategy or a first query without one."""
    return "" if math.isnan(score) or not get_strategy(strategy).score_name else f"{score:.3f}"


def display_name(strategy: str) -> str:
    """A strategy's name of today, for legends and captions; one that uses the truth says that it cheats."""
    strategy = current_name(strategy)
    is_known = strategy in strategy_names()
    cheats = is_known and Needs.ORACLE in get_strategy(strategy).needs
    return f"{strategy} (cheats)" if cheats else strategy
