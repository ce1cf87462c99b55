"""Choices that several pages offer: prevalences, metric, baseline, and how far a number may go."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from alcore.config import bounds
from alcore.model_rules import Bounds
from alcore.presentation.labels import METRIC_TITLES, PREVALENCES

POOL_PREVALENCE = "Defects in the pool π₀"
TEST_PREVALENCE = "Deployment prevalence π₁"
"""What π₀ and π₁ are called on every page."""

START_TITLES = {"warm": "warm", "cold": "cold", "shrink-perturb": "shrink & perturb"}

FIRST_QUERY_TITLES = {
    "random": "at random",
    "typiclust": "typical patches (TypiClust)",
    "core-set": "core-set",
}

TEST_CLEAN_TITLES = {"half": "half of the test size", "all": "all of the split"}

_LARGEST_NUMBER = 2**53 - 1  # a browser counts in doubles, and Streamlit refuses what they cannot hold


def widget_bounds(field: str) -> Bounds:
    """`alcore.config.bounds` of a whole number, within the range of a number control."""
    low, high = bounds(field)
    return Bounds(max(low, -_LARGEST_NUMBER), min(high, _LARGEST_NUMBER))


def choose_metric(key: str) -> str:
    """The metric that a page evaluates by."""
    return st.segmented_control(
        "Metric of the defect class",
        list(METRIC_TITLES),
        default="iou",
        required=True,
        format_func=METRIC_TITLES.get,
        key=key,
        help="Patch IoU is the mean over defective patches: it does not depend on π.",
        bind="query-params",
    )


def choose_baseline(key: str, strategies: Sequence[str], *, is_linked: bool) -> str:
    """The strategy that all differences of a page refer to.

    Args:
        is_linked: whether the choice is in the page's address.
    """
    return st.selectbox(
        "Baseline",
        strategies,
        strategies.index("random") if "random" in strategies else 0,
        key=key,
        help="The strategy that all differences refer to. Beating random is easy where defects are rare; "
        "oracle-random, which cheats, is the one to beat.",
        bind="query-params" if is_linked else None,
    )


_CHARGE = "charge"


def choose_charge() -> None:
    """The switch that makes labelled validation patches part of the budget; one on a page."""
    st.toggle(
        "Budget counts validation",
        key=_CHARGE,
        help="Thresholds, plateaus and the meter use labelled validation patches, which cost labels too. All "
        "strategies use the same ones: it moves all curves alike, and matters between rules that need them "
        "and rules that do not.",
        bind="query-params",
    )


def counts_validation() -> bool:
    """Whether the page's switch says that labelled validation patches are part of the budget."""
    return bool(st.session_state.get(_CHARGE, False))


def nearest_prevalence(prevalence: float, steps: Sequence[float] = PREVALENCES) -> float:
    """The step of a slider that lies nearest to a prevalence."""
    return min(steps, key=lambda step: abs(step - prevalence))
