"""STUDY.json -> cells: the product of the grid's values, each with the config of its run."""

from __future__ import annotations

import copy
import itertools
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, Strict, ValidationError

from alcore.acquisition import refuse_people
from alcore.config import PRESETS, RunConfig, make_config, preset_names
from alcore.errors import ConfigError, did_you_mean
from alcore.experiment.run_identity import decisive_settings, hash_of
from alcore.home import ASSETS
from alcore.json_object import parse_json_object
from alcore.model_rules import StrictModel, first_fault
from alcore.wording import shortened

_NOT_OF_THE_GRID = {
    "repetitions": "set it in base: it can grow later without a new grid",
    "test_prevalence": (
        "list its values as test_prevalences: they need no further runs (for strategies that choose by "
        "π₁, such as malls, make one study for each)"
    ),
}
_BESIDES = ("repetitions", "device")
"""Keys of a config that do not change the numbers of a repetition, and so are no part of a cell's name."""


PLANS = ASSETS / "plans"


class _StudyFile(StrictModel):
    base: dict[str, Any] | str
    grid: dict[str, list[Any]] = Field(default_factory=dict)
    test_prevalences: list[Annotated[float, Strict()]] = Field(default_factory=list)


MOST_CELLS, MOST_TEST_PREVALENCES = 100_000, 1000
"""Per study; counted before anything is expanded."""
_ID_DIGITS = 12


@dataclass(frozen=True)
class Cell:
    """One point of the grid. `values` are the grid's keys there; `id` is the hash of its config."""

    id: str
    values: Mapping[str, Any]
    config: RunConfig


@dataclass(frozen=True)
class StudyPlan:
    """What a study is made of.

    base: keys of a run's config; grid: keys (dotted for nested ones) with their values, whose product are the
    cells; test_prevalences: π₁ at which all cells are judged, from the same counts. former: ids of cells by
    `former_id` that go on under them, see `alcore.study.plan_on_disk`.
    """

    base: Mapping[str, Any]
    grid: Mapping[str, tuple[Any, ...]]
    test_prevalences: tuple[float, ...]
    former: frozenset[str] = frozenset()

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """All cells, the last key of the grid changing fastest.

        Raises:
            ConfigError: a key or value that no run can have, or two cells with the same config.
        """
        cells: dict[str, Cell] = {}
        for values in itertools.product(*self.grid.values()):
            chosen = dict(zip(self.grid, values, strict=True))
            cell = _make_cell(self.base, chosen, self.former)
            if cell.id in cells:
                raise ConfigError(f"the study's cells {cells[cell.id].values} and {chosen} are the same run")
            cells[cell.id] = cell
        return tuple(cells.values())

    def cell(self, cell_id: str) -> Cell:
        """The cell of that id; KeyError where there is none."""
        return self._by_id[cell_id]

    @cached_property
    def _by_id(self) -> dict[str, Cell]:
        return {cell.id: cell for cell in self.cells}

    @property
    def runs(self) -> int:
        """Repetitions of all cells together: what a study consists of, for an engine."""
        return sum(cell.config.repetitions for cell in self.cells)

    def with_repetitions(self, repetitions: int) -> StudyPlan:
        """The same study with another number of repetitions per cell."""
        return replace(self, base={**self.base, "repetitions": repetitions})

    def to_json(self) -> str:
        """The plan as indented JSON text, ending in a newline; `parse_study` reads it back."""
        values = {"base": self.base, "grid": self.grid, "test_prevalences": self.test_prevalences}
        return json.dumps(values, indent=2, ensure_ascii=False) + "\n"


def _make_cell(base: Mapping[str, Any], chosen: Mapping[str, Any], former: frozenset[str]) -> Cell:
    values = json.loads(json.dumps(base))
    for key, value in chosen.items():
        _set(values, key, value)
    where = shortened(", ".join(f"{key} = {value}" for key, value in chosen.items()))
    config = make_config(values, origin=f"study at {where}" if where else "study")
    if config.threads == 0:  # the runs are what goes side by side; and bytes must not depend on the cores
        config = config.model_copy(update={"threads": 1})
    name = former_id(config)
    return Cell(name if name in former else _cell_id(config), chosen, config)


def _set(values: dict[str, Any], key: str, value: object) -> None:
    *path, last = key.split(".")
    for name in path:
        values = values.setdefault(name, {})
        if not isinstance(values, dict):
            raise ConfigError(
                f"study: the grid's key {key!r} goes into {name!r}, which has no keys of its own"
            )
    values[last] = copy.deepcopy(value)  # later keys may reach into it


def _cell_id(config: RunConfig) -> str:
    return hash_of(decisive_settings(config, besides=_BESIDES), digits=_ID_DIGITS)


def former_id(config: RunConfig) -> str:
    """The id of a cell as version 0.1 made it: π₁ was no part of it, whatever the strategies."""
    return hash_of(config.model_dump(mode="json", exclude={*_BESIDES, "test_prevalence"}), digits=_ID_DIGITS)


def parse_study(text: str, *, origin: str = "study") -> StudyPlan:
    """Read a study from JSON text.

    Raises:
        ConfigError: not JSON, an unknown key, or a cell whose config cannot be used.
    """
    values = parse_json_object(text, origin=origin, error=ConfigError, must="with a key 'base'")
    return make_study(values, origin=origin)


def make_study(values: Mapping[str, Any], *, origin: str = "study") -> StudyPlan:
    """Build a study from plain values, and check all its cells' configs.

    Raises:
        ConfigError: as `parse_study`.
    """
    listed = values.get("test_prevalences")
    if isinstance(listed, (list, tuple)) and len(listed) > MOST_TEST_PREVALENCES:
        raise ConfigError(
            f"{origin}: test_prevalences has {len(listed):,} values; take at most {MOST_TEST_PREVALENCES:,}"
        )
    try:
        file = _StudyFile.model_validate(values)
    except ValidationError as error:
        raise ConfigError(f"{origin}: {first_fault(error, _StudyFile)}") from None
    for key, reason in _NOT_OF_THE_GRID.items():
        if key in file.grid:
            raise ConfigError(f"{origin}: {key!r} cannot be in the grid; {reason}")
    for key, options in file.grid.items():
        if not options:
            raise ConfigError(f"{origin}: the grid's key {key!r} has no values")
    if len(set(file.test_prevalences)) < len(file.test_prevalences):
        raise ConfigError(f"{origin}: test_prevalences names a value twice")
    for prevalence in file.test_prevalences:
        if not 0 < prevalence <= 1:
            raise ConfigError(f"{origin}: test_prevalences must be above 0 and at most 1, got {prevalence}")
    cells = math.prod(len(options) for options in file.grid.values())
    if cells > MOST_CELLS:
        raise ConfigError(f"{origin}: the grid has {cells:,} cells; at most {MOST_CELLS:,} can be planned")
    base = _preset(file.base, origin) if isinstance(file.base, str) else file.base
    grid = {key: tuple(options) for key, options in file.grid.items()}
    plan = StudyPlan(base, grid, tuple(file.test_prevalences))
    first = plan.cells[0].config
    if "random_slice" in grid or first.random_slice is not None:
        raise ConfigError(
            f"{origin}: a study judges all its runs on test sets; leave out random_slice, which is for a "
            "campaign or a run that rehearses one"
        )
    for names in grid.get("strategies", (first.strategies,)):
        refuse_people(names)
    return plan if plan.test_prevalences else StudyPlan(base, grid, (first.test_prevalence,))


def load_study(path: str | Path) -> StudyPlan:
    """Read STUDY.json; ConfigError where it cannot be read or used."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"the study {path} cannot be read: {reason}") from None
    return parse_study(text, origin=Path(path).name)


def _preset(name: str, origin: str) -> dict[str, Any]:
    if name not in preset_names():
        raise ConfigError(f"{origin}: base names no preset{did_you_mean(name, preset_names())}, got {name!r}")
    return json.loads((PRESETS / f"{name}.json").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class PreparedPlan:
    """A plan with its title and its question, in a sentence or two."""

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
