"""Everything a run is made of, as frozen pydantic models, and the presets in assets/presets/."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    field_validator,
    model_serializer,
    model_validator,
)

from alcore.errors import ConfigError, did_you_mean
from alcore.home import ASSETS
from alcore.json_object import parse_json_object
from alcore.model_rules import Bounds, StrictModel, absurd_part, bounds_of, first_fault
from alcore.wording import odd_character

PRESETS = ASSETS / "presets"

Prepare = Callable[[dict[str, Any]], dict[str, Any]]
"""What is written -> the keys of a config."""

HYPERCOLUMN = "hypercolumn"
"""The architecture that is no decoder of SMP: a light head on the kept features of a frozen encoder."""


_NO_OPTIONS = {
    "arch": "model.architecture is",
    "encoder_name": "model.encoder is",
    "encoder_weights": "model.encoder_weights is",
    "in_channels": "follows from the data set",
    "classes": "is one, for the defect",
    "activation": "is none: training and thresholds take logits",
}
"""Arguments of SMP's networks that a run decides by itself."""


class ModelConfig(StrictModel):
    """A network of segmentation-models-pytorch, by its names there."""

    architecture: str = Field("unet", description="SMP architecture, such as unet, fpn, deeplabv3plus")
    encoder: str = Field(
        "tu-test_efficientnet", description="SMP encoder, such as resnet18 or tu-<timm model>"
    )
    encoder_weights: Literal["none", "imagenet"] = "none"
    freeze_encoder: bool = Field(
        default=False, description="train only the decoder; the encoder's output is computed once and kept"
    )
    options: dict[str, Any] = Field(
        default_factory=dict, description="further keyword arguments of the SMP architecture, such as depths"
    )

    @field_validator("encoder_weights", mode="before")
    @classmethod
    def _null_as_smp_writes_it(cls, weights: object) -> object:
        return "none" if weights is None else weights

    @field_validator("options")
    @classmethod
    def _options_in_reason(cls, options: dict[str, Any]) -> dict[str, Any]:
        for name in _NO_OPTIONS.keys() & options.keys():
            raise ValueError(f"may not name {name!r}, which {_NO_OPTIONS[name]}")
        if fault := absurd_part(options):
            raise ValueError(fault)
        return options

    @model_serializer(mode="wrap")
    def _without_unused(self, serialise: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Configs that do not use a key of later versions keep their bytes, and so their names and hashes."""
        values: dict[str, Any] = serialise(self)
        if not self.freeze_encoder:
            values.pop("freeze_encoder", None)
        return values


class TrainingConfig(StrictModel):
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


class RunConfig(StrictModel):
    """One run: a pool, the strategies that query it, and how each cycle is trained and judged."""

    dataset: str = Field(min_length=1, max_length=100)
    pool_size: int = Field(600, ge=2, le=10_000_000)
    pool_prevalence: float = Field(0.10, gt=0, le=1, description="π₀, share of defective patches in the pool")
    test_size: int = Field(400, ge=2, le=1_000_000, description="at most; a smaller test split is used whole")
    test_clean: Literal["half", "all"] = Field(
        "half",
        description="clean test patches: half of test_size, or all of the split, as small π₁ asks for",
    )
    test_prevalence: float = Field(0.02, gt=0, le=1, description="deployment prevalence π₁")
    query_size: int | float = Field(
        24, gt=0, le=10_000_000, description="patches per query, or (0, 1] as a share of the pool"
    )
    first_query: int | float | None = Field(
        None,
        gt=0,
        le=10_000_000,
        description="the first query's size if it differs, in the same form as query_size",
    )
    first_query_by: Literal["random", "typiclust", "core-set"] = Field(
        "random",
        description="how the first query is chosen: by a pretrained encoder's features, or at random",
    )
    first_items: tuple[int, ...] = Field(
        (), description="the first query itself, as ids: labels that are there before the run asks for any"
    )
    random_slice: float | None = Field(
        None,
        gt=0,
        le=0.5,
        description="as in a campaign: share of all queries drawn at random, on which alone models "
        "are judged; the pool is the whole training side",
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

    @field_validator("dataset")
    @classmethod
    def _nothing_hidden(cls, dataset: str) -> str:
        if odd := odd_character(dataset):
            raise ValueError(f"contains the character {odd}, which is not allowed in a name")
        return dataset

    @field_validator("strategies")
    @classmethod
    def _no_strategy_twice(cls, strategies: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(strategies)) < len(strategies):
            raise ValueError("names a strategy twice")
        return strategies

    @field_validator("query_size", "first_query")
    @classmethod
    def _count_or_share(cls, size: float | None) -> float | None:
        if isinstance(size, float) and size > 1:
            raise ValueError("must be a whole number, or a share of the pool in (0, 1]")
        return size

    @model_serializer(mode="wrap")
    def _without_unused(self, serialise: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Configs that do not use a key of later versions keep their bytes, and so their names and hashes."""
        values: dict[str, Any] = serialise(self)
        for key in ("first_query", "first_query_by", "first_items", "random_slice", "test_clean"):
            if getattr(self, key) == type(self).model_fields[key].default:
                values.pop(key, None)
        return values

    @model_validator(mode="after")
    def _first_query_is_one(self) -> RunConfig:
        if len(set(self.first_items)) < len(self.first_items) or min(self.first_items, default=0) < 0:
            raise ValueError("first_items must be ids of patches, each once")
        if self.first_items and (self.first_query is not None or self.first_query_by != "random"):
            raise ValueError("first_items are the first query; leave out first_query and first_query_by")
        return self

    @model_validator(mode="after")
    def _slice_leaves_queries(self) -> RunConfig:
        if self.random_slice is not None and min(self.query_count, self.first_count) < 2:
            raise ValueError("with a random_slice a query needs 2 patches or more; raise query_size")
        return self

    @model_validator(mode="after")
    def _light_head_is_for_frozen_encoders(self) -> RunConfig:
        if self.model.architecture == HYPERCOLUMN and not self.model.freeze_encoder:
            raise ValueError(
                f"the architecture {HYPERCOLUMN} reads kept features, which only a frozen encoder has; set "
                "model.freeze_encoder to true, or choose another architecture"
            )
        return self

    @model_validator(mode="after")
    def _first_query_has_features(self) -> RunConfig:
        if self.first_query_by != "random" and self.model.encoder_weights == "none":
            raise ValueError(
                f"first_query_by {self.first_query_by!r} needs the features of a pretrained encoder; set "
                "model.encoder_weights to imagenet, or first_query_by to random"
            )
        return self

    @model_validator(mode="after")
    def _budget_fits_pool(self) -> RunConfig:
        if self.budget > self.pool_size:
            raise ValueError(self._why_too_large())
        return self

    def _why_too_large(self) -> str:
        if self.first_count > self.pool_size:
            which = "query size" if self.first_query is None else "the first query"
            return f"{which} exceeds the pool; use at most {self.pool_size}"
        most = 1 + (self.pool_size - self.first_count) // self.query_count
        queries = f"{self.cycles} queries of {self.query_count}"
        if self.first_query is not None:
            queries = f"a first query of {self.first_count} and {self.cycles - 1} of {self.query_count}"
        return (
            f"{queries} are {self.budget} labels, but the pool has "
            f"{self.pool_size}; use at most {most} cycle{'s' * (most > 1)} or a smaller query size"
        )

    def _count_of(self, size: float) -> int:
        return size if isinstance(size, int) else max(1, round(size * self.pool_size))

    @property
    def query_count(self) -> int:
        """Patches asked for in one query; in the first there are `first_count`."""
        return self._count_of(self.query_size)

    @property
    def first_count(self) -> int:
        """Patches of the first query, which is the same for all strategies."""
        if self.first_items:
            return len(self.first_items)
        return self.query_count if self.first_query is None else self._count_of(self.first_query)

    def count_in(self, cycle: int) -> int:
        """Patches of a cycle's query; cycles count from 1."""
        return self.first_count if cycle == 1 else self.query_count

    def labelled_after(self, cycle: int) -> int:
        """Labels bought by the end of a cycle."""
        return self.first_count + (cycle - 1) * self.query_count

    def sliced_after(self, cycle: int) -> int:
        """Labels of the random slice bought by the end of a cycle; labels that were there need none."""
        if self.random_slice is None or cycle == 0:
            return 0
        return round(self.random_slice * (self.labelled_after(cycle) - len(self.first_items)))

    def chosen_in(self, cycle: int) -> int:
        """Patches that the strategy itself chooses in a cycle."""
        return self.count_in(cycle) - self.sliced_after(cycle) + self.sliced_after(cycle - 1)

    @property
    def budget(self) -> int:
        """Labels bought in all cycles together."""
        return self.labelled_after(self.cycles)

    @property
    def records(self) -> int:
        """Records of a finished run: one per cycle of each strategy in each repetition."""
        return self.repetitions * self.cycles * len(self.strategies)

    def to_json(self) -> str:
        """The config as indented JSON text, ending in a newline; `parse_config` reads it back."""
        return json.dumps(self.model_dump(mode="json"), indent=2) + "\n"


def parse_config(text: str, *, origin: str = "config", prepare: Prepare = dict) -> RunConfig:
    """Read a config from JSON text.

    Args:
        prepare: makes the keys of a config of what is written, where that says more than a config can hold.
    Raises:
        ConfigError: not JSON, an unknown key (the nearest is suggested), or a value out of range.
    """
    values = parse_json_object(text, origin=origin, error=ConfigError, must="with a key 'dataset'")
    return make_config(prepare(values), origin=origin)


def make_config(values: dict[str, Any], *, origin: str = "config") -> RunConfig:
    """Build a config from plain values; raises ConfigError with one sentence for the first fault."""
    try:
        return RunConfig.model_validate(values)
    except ValidationError as error:
        raise ConfigError(f"{origin and origin + ': '}{first_fault(error, RunConfig)}") from None


def load_config(source: str | Path, *, prepare: Prepare = dict) -> RunConfig:
    """Read CONFIG.json, or a preset by name; `prepare` as of `parse_config`.

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
    return parse_config(text, origin=path.name, prepare=prepare)


def preset_names() -> list[str]:
    """Names of the presets in assets/presets/, sorted."""
    return sorted(path.stem for path in PRESETS.glob("*.json"))


def bounds(field: str) -> Bounds:
    """What a setting may be, for whatever asks for it: a control on a page, an option of the command line.

    Args:
        field: a config's key, dotted for nested ones, such as 'pool_size' or 'training.steps'.
    Raises:
        KeyError: a config has no such setting, or it is not limited on both sides.
    """
    return bounds_of(RunConfig, field)
