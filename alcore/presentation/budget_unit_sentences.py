"""Names of the units of a budget, and sentences about orders of strategies that depend on the unit."""

from __future__ import annotations

import pandas as pd

from alcore.presentation.labels import display_name
from alcore.statistics.budget_units import LabelModel
from alcore.statistics.frames import each_row

UNIT_TITLES = {
    "labels": "labelled images",
    "defective": "defective images outlined",
    "pixels": "defect pixels outlined",
    "clicks": "clicks on outlines",
    "seconds": "minutes of labelling",
}
_PER = {
    "defective": "defective image outlined",
    "pixels": "defect pixel",
    "clicks": "click",
    "seconds": "minute of labelling",
}


def per_unit(unit: str) -> float:
    """By what a unit's numbers are divided for a reader: seconds are shown as minutes."""
    return 60.0 if unit == "seconds" else 1.0


def flips_in_words(rows: pd.DataFrame, strategies: int, unit: str) -> list[str]:
    """Where the order of strategies per label is not that in a unit.

    Args:
        rows: `FlipRow`s of that unit; strategies: how many were compared.
    """
    if unit == "labels" or strategies < 2:
        return []
    if rows.empty:
        return [f"No two strategies change places: per label and per {_PER[unit]} the order is the same."]
    return [
        f"**{display_name(row.leads)}** leads {display_name(row.trails)} per label "
        f"({row.per_label:+.3f}, {row.per_label_low:+.3f} to {row.per_label_high:+.3f}), "
        f"but **{display_name(row.trails)}** leads per {_PER[unit]} "
        f"({-row.in_unit:+.3f}, {-row.in_unit_high:+.3f} to {-row.in_unit_low:+.3f})"
        f"{'' if row.is_clear else ', but not clearly, as at least one interval contains 0'}."
        for row in each_row(rows)
    ]


def model_in_words(model: LabelModel) -> str:
    """The assumptions behind clicks and seconds, with their sources."""
    return (
        f"Modelled: {model.look:g} s to look at an image, clean or not; for a defective one "
        f"{model.first:g} s to the first click and {model.further:g} s to each further one, a click every "
        f"{model.spacing:g} pixels of outline. Bearman et al. 2016 (What's the Point, arXiv:1506.02106) "
        "measured 1 s for a class in an image, 2.4 s to point at an object and 0.9 s at a further one; "
        "the speed of the clicks of an outline and their spacing are assumptions. Averages are over the "
        "budgets that all repetitions of both strategies reach; in between, curves are interpolated."
    )
