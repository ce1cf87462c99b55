"""The bounds that pydantic models set: as numbers for controls, in words for a user's error."""

from __future__ import annotations

from math import inf, isinf
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from alcore.errors import did_you_mean
from alcore.wording import shortened

_WHOLE: tuple[object, ...] = (int, int | None)
_UNION_BRANCHES = ("int", "float", "str", "dict[str,any]")
"""How pydantic names the alternatives of a field in the path of a fault; its reader knows none of them."""


_MOST_PARTS, _LARGEST = 200, 1_000_000

NO_NUMBER, NO_YES_OR_NO = "must be a number", "must be true or false"


class StrictModel(BaseModel):
    """A frozen model that takes no key that it does not know, no NaN, and no value for another kind's.

    Pydantic by itself reads "60" and true as numbers, and 1 and "yes" as true; anyone who writes that into a
    file means something else, or finds out with the next program.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _of_its_kind(cls, value: object, info: ValidationInfo) -> object:
        annotation = cls.model_fields[info.field_name or ""].annotation
        kinds = {annotation, *get_args(annotation)}
        if kinds & {int, float} and isinstance(value, (str, bytes, bool)):
            raise PydanticCustomError("no_number", NO_NUMBER)
        if annotation is bool and not isinstance(value, bool):
            raise PydanticCustomError("no_yes_or_no", NO_YES_OR_NO)
        return value


def absurd_part(value: object) -> str:
    """What makes plain JSON values no settings of anything, in a clause; '' where nothing does.

    They are handed to other people's code, which may take a number for a length of something.
    """
    left, seen = [value], 0
    while left:
        part = left.pop()
        seen += 1
        if isinstance(part, (dict, list)):
            left += part.values() if isinstance(part, dict) else part
        elif isinstance(part, (int, float)) and not abs(part) <= _LARGEST:
            return f"holds the number {shortened(repr(part), 40)}; take one up to {_LARGEST:,}"
        if seen + len(left) > _MOST_PARTS:
            return f"holds more than {_MOST_PARTS} values"
    return ""


class Bounds(NamedTuple):
    """The least and the greatest value of a setting; both are allowed for whole numbers."""

    low: float
    high: float


def bounds_of(model: type[BaseModel], field: str) -> Bounds:
    """What a field may be.

    Args:
        field: dotted for nested ones, such as 'training.steps'.
    Returns:
        Whole numbers for a field that takes them (also where it takes a share as well, as query_size does);
        otherwise the limits as they stand, which the field itself may exclude (π₀ is above 0).
    Raises:
        KeyError: the model has no such field, or it is not limited on both sides.
    """
    *parents, name = field.split(".")
    inner: Any = model
    for parent in parents:
        inner = getattr(inner, "model_fields", {})[parent].annotation
    info = getattr(inner, "model_fields", {})[name]
    limits = _limits(info)
    whole = int(int in (info.annotation, *get_args(info.annotation)))
    low = limits["ge"] if "ge" in limits else limits.get("gt", -inf) + whole
    high = limits["le"] if "le" in limits else limits.get("lt", inf) - whole
    if isinf(low) or isinf(high):
        raise KeyError(f"the setting {field!r} is not limited on both sides")
    return Bounds(low, high)


def first_fault(error: ValidationError, model: type[BaseModel]) -> str:
    """The first thing that a model refused, in one clause: the key, what it must be, and what it was."""
    fault = error.errors()[0]
    path = [str(part) for part in fault["loc"] if part not in _UNION_BRANCHES]
    key = ".".join(path)
    if fault["type"] == "extra_forbidden":
        beside = list(_model_at(model, path[:-1]).model_fields)
        return f"unknown key {shortened(key)!r}{did_you_mean(path[-1], beside)}"
    if fault["type"] == "missing":
        return f"the key {key!r} is missing"
    if fault["type"] == "too_short":
        return f"{key} is empty; choose at least one"
    if fault["type"] == "value_error":
        reason = str(fault["ctx"]["error"])
        return f"{key} {reason}, got {shortened(repr(fault['input']))}" if key else reason
    allowed = _allowed_range(model, path)
    expected = f"must be {allowed}" if allowed else fault["msg"].replace("Input should be", "must be")
    return f"{key} {expected}, got {shortened(repr(fault['input']))}"


def _model_at(model: type[BaseModel], path: list[str]) -> type[BaseModel]:
    for name in path:
        field = model.model_fields.get(name)
        if field is None or not isinstance(field.annotation, type):
            break
        if issubclass(field.annotation, BaseModel):
            model = field.annotation
    return model


def _allowed_range(model: type[BaseModel], path: list[str]) -> str:
    """The field's bounds in words, such as 'above 0 and at most 1', or '' where it has none."""
    field = _model_at(model, path[:-1]).model_fields.get(path[-1]) if path else None
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
