"""Scenes: short stories about a recorded run, one JSON file each in assets/scenes.

A scene plays a run up to a query, asks a question, and gives the answer with the rest of the film. Figures in
its texts are fields such as {entropy.found}, filled in from the run's records, and the claims of an answer in
words are listed under its claims, which a test checks against the same records.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from alcore.config import RunConfig
from alcore.errors import ConfigError
from alcore.home import ASSETS
from alcore.json_object import read_json_object
from alcore.model_rules import first_fault
from alcore.presentation.narration import defects_in_query
from alcore.statistics.chance import chance_of_none
from alcore.statistics.estimands import Evidence
from alcore.wording import percent

Claim = tuple[str, Literal["<", ">", "="], str | float]
"""Two fields, or a field and a number, and how they compare."""


class Scene(BaseModel):
    """One story. `run` names a recorded run; the film waits after cycle `asks_after` for the answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    order: int
    title: Annotated[str, Field(max_length=60)]
    run: str
    story: str
    asks_after: Annotated[int, Field(ge=1)]
    question: str
    answer: str
    terms: dict[str, str]
    claims: list[Claim]


@cache
def scenes() -> dict[str, Scene]:
    """All scenes by the names of their files, in their order.

    Raises:
        ConfigError: a file is no scene.
    """
    found = {file.stem: _read(file) for file in (ASSETS / "scenes").glob("*.json")}
    return dict(sorted(found.items(), key=lambda item: item[1].order))


def _read(file: Path) -> Scene:
    values = read_json_object(file, error=ConfigError)
    try:
        return Scene.model_validate(values)
    except ValidationError as error:
        raise ConfigError(f"{file} is no scene: {first_fault(error, Scene)}") from None


@dataclass(frozen=True)
class Outcome:
    """The fields of a strategy in a scene's texts.

    found: defects labelled in the end; queries: defects in each query, from the first.
    pool_iou, use_iou: final IoU at π₀ and at π₁; use_ious: at π₁ after each query.
    precision, recall: final ones at π₁.
    """

    found: int
    queries: list[int]
    pool_iou: float
    use_iou: float
    use_ious: list[float]
    precision: float
    recall: float


class _Figure(float):
    """A number that reads as a word where it is undefined."""

    def __format__(self, spec: str) -> str:
        return "undefined" if np.isnan(self) else super().__format__(spec)


@dataclass(frozen=True)
class Setting:
    """The fields of a run in texts; `expected` defects in a random query, `none`: the chance of none."""

    pool: int
    defects: int
    query: int
    cycles: int
    labelled: int
    pool_prevalence: str
    use_prevalence: str
    expected: float
    none: str


def fields(config: RunConfig, evidence: Evidence) -> dict[str, Outcome | Setting]:
    """By the names that texts call them: `run`, and each strategy with _ for -."""
    found = {name.replace("-", "_"): _outcome(config, evidence, name) for name in evidence.strategies}
    return {"run": _setting(config, evidence), **found}


def _outcome(config: RunConfig, evidence: Evidence, strategy: str) -> Outcome:
    row = evidence.strategies.index(strategy)
    queries = [int(defects_in_query(evidence, int(cycle))[row]) for cycle in evidence.cycles]

    def along(metric: str, prevalence: float) -> list[float]:
        return [_Figure(value) for value in evidence.curves(metric, prevalence).mean[row]]

    use = config.test_prevalence
    return Outcome(
        found=sum(queries),
        queries=queries,
        pool_iou=along("iou", evidence.pool_prevalence)[-1],
        use_iou=along("iou", use)[-1],
        use_ious=along("iou", use),
        precision=along("precision", use)[-1],
        recall=along("recall", use)[-1],
    )


def _setting(config: RunConfig, evidence: Evidence) -> Setting:
    defects = round(evidence.pool_size * evidence.pool_prevalence)
    return Setting(
        pool=evidence.pool_size,
        defects=defects,
        query=config.query_count,
        cycles=config.cycles,
        labelled=config.budget,
        pool_prevalence=percent(evidence.pool_prevalence),
        use_prevalence=percent(config.test_prevalence),
        expected=config.query_count * evidence.pool_prevalence,
        none=f"{100 * chance_of_none(evidence.pool_size, defects, config.query_count):.1f} %",
    )


def filled(text: str, config: RunConfig, evidence: Evidence) -> str:
    """A scene's text with the run's figures in its fields."""
    return text.format_map(fields(config, evidence))
