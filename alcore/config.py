"""Everything a run is made of, as frozen pydantic models, and the presets in assets/presets/."""

from __future__ import annotations

import json
from math import inf, isinf
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo

from alcore.errors import ConfigError, did_you_mean
from alcore.home import ASSETS
from alcore.json_object import parse_json_object

PRESETS = ASSETS / "presets"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ModelConfig(_Frozen):
    """A network of segmentation-models-pytorch, by its names there."""

    architecture: str = Field("unet", description="SMP architecture, such as unet, fpn, deeplabv3plus")
    encoder: str = Field(
        "tu-test_efficientnet", description="SMP encoder, such as resnet18 or tu-<timm model>"
    )
    encoder_weights: Literal["none", "imagenet"] = "none"
    options: dict[str, Any] = Field(
        default_factory=dict, description="further keyword arguments of the SMP architecture, such as depths"
    )

    @field_validator("encoder_weights", mode="before")
    @classmethod
    def _null_as_smp_writes_it(cls, weights: object) -> object:
        return "none" if weights is None else weights


class TrainingConfig(_Frozen):
    """How one cycle's training goes. Dice + binary cross-entropy is the loss."""

    steps: int = Field(40, ge=1, le=1_000_000, description="optimiser steps per cycle")
    epochs: int | None = Field(
        None, ge=1, le=10_000, description="if given, replaces steps: passes over the labelled set"
    )
    batch_size: int = Field(16, ge=2, le=4096)
    learning_rate: float = Field(3e-3, gt=0, le=1)
    weight_decay: float = Field(1e-4, ge=0, le=1)
    optimizer: Literal["adamw", "adam"] = "adamw"
    schedule: Literal["one-cycle", "constant"] = "one-cycle"
    start: Literal["warm", "cold", "shrink-perturb"] = "warm"
    normalisation: Literal["auto", "image", "encoder"] = Field(
        "auto", description="image: each patch by its own mean and deviation; encoder: its training set's"
    )
    flips: tuple[Literal["horizontal", "vertical"], ...] = ("horizontal",)

    def steps_for(self, labelled: int) -> int:
        """Optimiser steps of a cycle with `labelled` patches (a last short batch counts as a step)."""
        if self.epochs is None:
            return self.steps
        return self.epochs * -(-labelled // self.batch_size)


class RunConfig(_Frozen):
    """One run: a pool, the strategies that query it, and how each cycle is trained and judged."""

    dataset: str = Field(min_length=1, max_length=100)
    pool_size: int = Field(600, ge=2, le=10_000_000)
    pool_prevalence: float = Field(0.10, gt=0, le=1, description="π₀, share of defective patches in the pool")
    test_size: int = Field(400, ge=2, le=1_000_000, description="at most; a smaller test split is used whole")
    test_prevalence: float = Field(0.02, gt=0, le=1, description="deployment prevalence π₁")
    query_size: int | float = Field(
        24, gt=0, le=10_000_000, description="patches per query, or (0, 1] as a share of the pool"
    )
    cycles: int = Field(8, ge=1, le=10_000)
    repetitions: int = Field(1, ge=1, le=10_000)
    strategies: tuple[str, ...] = Field(("random", "entropy", "core-set"), min_length=1)
    model: ModelConfig = ModelConfig()
    training: TrainingConfig = TrainingConfig()
    seed: int = Field(0, ge=0, lt=2**63)
    device: str = Field("auto", pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")
    precision: Literal["auto", "float32", "mixed"] = "auto"
    threads: int = Field(
        0, ge=0, le=1024, description="workers a run may use, one CPU thread each; 0: as many as cores"
    )

    @field_validator("strategies")
    @classmethod
    def _no_strategy_twice(cls, strategies: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(strategies)) < len(strategies):
            raise ValueError("names a strategy twice")
        return strategies

    @field_validator("query_size", mode="before")
    @classmethod
    def _no_yes_or_no(cls, query_size: object) -> object:
        if isinstance(query_size, bool):  # which Python takes for 1 or 0
            raise ValueError("must be a number")
        return query_size

    @field_validator("query_size")
    @classmethod
    def _count_or_share(cls, query_size: int | float) -> int | float:
        if isinstance(query_size, float) and query_size > 1:
            raise ValueError("must be a whole number, or a share of the pool in (0, 1]")
        return query_size

    @model_validator(mode="after")
    def _budget_fits_pool(self) -> RunConfig:
        if self.budget > self.pool_size:
            raise ValueError(self._why_too_large())
        return self

    def _why_too_large(self) -> str:
        most = self.pool_size // self.query_count
        if most == 0:
            return f"query size exceeds the pool; use at most {self.pool_size}"
        return (
            f"{self.cycles} queries of {self.query_count} are {self.budget} labels, but the pool has "
            f"{self.pool_size}; use at most {most} cycle{'s' * (most > 1)} or a smaller query size"
        )

    @property
    def query_count(self) -> int:
        """Patches asked for in one query."""
        if isinstance(self.query_size, int):
            return self.query_size
        return max(1, round(self.query_size * self.pool_size))

    @property
    def budget(self) -> int:
        """Labels bought in all cycles together."""
        return self.query_count * self.cycles

    @property
    def records(self) -> int:
        """Records of a finished run: one per cycle of each strategy in each repetition."""
        return self.repetitions * self.cycles * len(self.strategies)

    def to_json(self) -> str:
        """The config as indented JSON text, ending in a newline; `parse_config` reads it back."""
        return json.dumps(self.model_dump(mode="json"), indent=2) + "\n"


def parse_config(text: str, *, origin: str = "config") -> RunConfig:
    """Read a config from JSON text.

    Raises:
        ConfigError: not JSON, an unknown key (the nearest is suggested), or a value out of range.
    """
    values = parse_json_object(text, origin=origin, error=ConfigError, must="with a key 'dataset'")
    return make_config(values, origin=origin)


def make_config(values: dict[str, Any], *, origin: str = "config") -> RunConfig:
    """Build a config from plain values; raises ConfigError with one sentence for the first fault."""
    try:
        return RunConfig.model_validate(values)
    except ValidationError as error:
        raise ConfigError(f"{origin}: {_explain(error)}") from None


def load_config(source: str | Path) -> RunConfig:
    """Read CONFIG.json, or a preset by name.

    Raises:
        ConfigError: neither a readable file nor the name of a preset, or content that cannot be used.
    """
    path = Path(source)
    if not path.is_file():
        presets = preset_names()
        if str(source) not in presets:
            raise ConfigError(
                f"no config file and no preset is called {str(source)!r}{did_you_mean(str(source), presets)}"
                f" (presets: {', '.join(presets)})"
            )
        path = PRESETS / f"{source}.json"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read as text: {error}") from None
    return parse_config(text, origin=path.name)


def preset_names() -> list[str]:
    """Names of the presets in assets/presets/, sorted."""
    return sorted(path.stem for path in PRESETS.glob("*.json"))


class Bounds(NamedTuple):
    """The least and the greatest value of a setting; both are allowed for whole numbers."""

    low: float
    high: float


def bounds(field: str) -> Bounds:
    """What a setting may be, for whatever asks for it: a control on a page, an option of the command line.

    Args:
        field: a config's key, dotted for nested ones, such as 'pool_size' or 'training.steps'.
    Returns:
        Whole numbers for a setting that takes them (also where it takes a share as well, as query_size does);
        otherwise the limits as they stand, which the setting itself may exclude (π₀ is above 0).
    Raises:
        KeyError: a config has no such setting, or it is not limited on both sides.
    """
    *parents, name = field.split(".")
    model: Any = RunConfig
    for parent in parents:
        model = getattr(model, "model_fields", {})[parent].annotation
    info = getattr(model, "model_fields", {})[name]
    limits = _limits(info)
    whole = int(int in (info.annotation, *get_args(info.annotation)))
    low = limits["ge"] if "ge" in limits else limits.get("gt", -inf) + whole
    high = limits["le"] if "le" in limits else limits.get("lt", inf) - whole
    if isinf(low) or isinf(high):
        raise KeyError(f"the setting {field!r} is not limited on both sides")
    return Bounds(low, high)


def _explain(error: ValidationError) -> str:
    fault = error.errors()[0]
    path = [str(part) for part in fault["loc"] if not _is_union_branch(part)]
    key = ".".join(path)
    if fault["type"] == "extra_forbidden":
        return f"unknown key {key!r}{did_you_mean(path[-1], _keys_beside(path))}"
    if fault["type"] == "missing":
        return f"the key {key!r} is missing"
    if fault["type"] == "too_short":
        return f"{key} is empty; choose at least one"
    if fault["type"] == "value_error":
        reason = str(fault["ctx"]["error"])
        return f"{key} {reason}, got {fault['input']!r}" if key else reason
    allowed = _allowed_range(path)
    expected = f"must be {allowed}" if allowed else fault["msg"].replace("Input should be", "must be")
    return f"{key} {expected}, got {fault['input']!r}"


def _is_union_branch(part: int | str) -> bool:
    return part in ("int", "float")


def _model_at(path: list[str]) -> type[BaseModel]:
    model: type[BaseModel] = RunConfig
    for name in path:
        field = model.model_fields.get(name)
        if field is None or not isinstance(field.annotation, type):
            break
        if issubclass(field.annotation, BaseModel):
            model = field.annotation
    return model


def _keys_beside(path: list[str]) -> list[str]:
    return list(_model_at(path[:-1]).model_fields)


_WHOLE: tuple[object, ...] = (int, int | None)


def _allowed_range(path: list[str]) -> str:
    """The field's bounds in words, such as 'above 0 and at most 1', or '' where it has none."""
    field = _model_at(path[:-1]).model_fields.get(path[-1])
    limits = _limits(field) if field else {}
    if field is None or not limits:
        return ""
    words = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}
    kind = "a whole number " if field.annotation in _WHOLE else "a number "
    return kind + " and ".join(f"{words[name]} {limit:g}" for name, limit in limits.items())


def _limits(field: FieldInfo) -> dict[str, float]:
    """A field's bounds by pydantic's names for them: gt or ge, lt or le."""
    return {
        name: getattr(limit, name)
        for limit in field.metadata
        for name in ("gt", "ge", "lt", "le")
        if getattr(limit, name, None) is not None
    }
