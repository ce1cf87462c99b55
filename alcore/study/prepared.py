"""Prepared plans of studies, in assets/plans/: one axis each, of which one asks before an own study."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from alcore.home import ASSETS
from alcore.study.plan import StudyPlan, make_study

PLANS = ASSETS / "plans"


@dataclass(frozen=True)
class PreparedPlan:
    """A plan with its title, and what it asks, in a sentence or two."""

    title: str
    about: str
    study: StudyPlan

    def settings(self) -> Mapping[str, tuple[Any, ...]]:
        """All that the plan says of a run, by setting: one value of each in base, several of an axis."""
        base: dict[str, tuple[Any, ...]] = {}
        for key, value in self.study.base.items():
            nested = value if key in ("model", "training") else {}
            base |= {f"{key}.{name}": (one,) for name, one in nested.items()} or {key: (value,)}
        return base | dict(self.study.grid)


@cache
def prepared_plans() -> Mapping[str, PreparedPlan]:
    """By name, in the order of their files' names."""
    found = {}
    for file in sorted(PLANS.glob("*.json")):
        values = json.loads(file.read_text(encoding="utf-8"))
        study = make_study(values["study"], origin=file.name)
        found[file.stem] = PreparedPlan(values["title"], values["about"], study)
    return found
