"""The identity of a run: when two runs, or two cells of a study, have the same numbers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from typing import Any

from alcore.acquisition import asking_prevalence
from alcore.config import RunConfig

WITHOUT_INFLUENCE = frozenset({"device", "threads"})
"""Keys of a config that change no number."""


def decisive_settings(config: RunConfig, *, besides: Collection[str] = ()) -> dict[str, Any]:
    """The values of a config that its numbers follow from, as JSON has them.

    π₁ is one of them only where a strategy looks at it (`Needs.PREVALENCE`): all others are judged at any π₁
    from the same records.

    Args:
        besides: further keys to leave out.
    """
    judging = () if asking_prevalence(config.strategies) else ("test_prevalence",)
    return config.model_dump(mode="json", exclude={*besides, *judging})


def run_fingerprint(config: RunConfig) -> str:
    """A short hash of all that a run's numbers follow from."""
    return hash_of(decisive_settings(config, besides=WITHOUT_INFLUENCE), digits=16)


def hash_of(settings: dict[str, Any], *, digits: int) -> str:
    """The first hexadecimal digits of the settings' hash; the order of keys does not matter."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:digits]
