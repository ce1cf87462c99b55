"""The sentence shown where strategies that use π₁ are evaluated at another π₁ than they chose for."""

from __future__ import annotations

from collections.abc import Iterable

from alcore.acquisition import asking_prevalence
from alcore.config import RunConfig
from alcore.presentation.labels import display_name
from alcore.wording import percent


def aim(config: RunConfig, prevalences: Iterable[float]) -> str:
    """One sentence on the strategies of a run that chose by its own π₁; '' where there are none.

    Args:
        prevalences: at which the run is judged; nothing is said where all are its own.
    """
    names = [display_name(name) for name in asking_prevalence(config.strategies)]
    if not names or all(prevalence == config.test_prevalence for prevalence in prevalences):
        return ""
    return (
        f"{' and '.join(names)} chose patches for the run's own π₁ = {percent(config.test_prevalence)}: "
        "for another π₁ the choice would differ, which needs a new run."
    )
