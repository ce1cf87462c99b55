"""JSON from others, or possibly damaged by a disk: an object, or one sentence that says why not."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from alcore.errors import AlcoreError, DamagedFileError
from alcore.wording import shortened

_LARGEST = 256 * 2**20  # bytes; a data set's list of what was left out is the longest


class _KeyTwice(Exception):
    """Its text is the key."""


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """JSON's own readers keep the last of two, so one of two settings would be dropped silently."""
    values = dict(pairs)
    if len(values) < len(pairs):
        (name, _), *_ = Counter(name for name, _ in pairs).most_common(1)
        raise _KeyTwice(name)
    return values


def parse_json_object(
    text: str | bytes, *, origin: object, error: type[AlcoreError], must: str = ""
) -> dict[str, Any]:
    """The object that some JSON text holds.

    Args:
        origin: what the text is, or where it lies, for the sentence.
        error: what to raise, made of the sentence alone.
        must: what the object should have, such as "with a key 'dataset'".
    Raises:
        AlcoreError, as `error`: no JSON, nothing but an object, a key that stands twice, nested too deeply,
            or with an absurd number.
    """
    try:
        values = json.loads(text, object_pairs_hook=_each_key_once)
    except _KeyTwice as fault:
        raise error(f"{origin} has the key {shortened(repr(str(fault)), 60)} twice; remove one") from None
    except json.JSONDecodeError as fault:
        raise error(f"{origin} is not JSON: {fault.msg} at line {fault.lineno}") from None
    except UnicodeDecodeError:
        raise error(f"{origin} is not JSON: it is not text in UTF-8") from None
    except (RecursionError, ValueError):
        raise error(f"{origin} cannot be read as JSON: nested too deeply, or a number too long") from None
    if not isinstance(values, dict):
        raise error(" ".join(filter(None, (f"{origin} must hold a JSON object", must))))
    return values


def read_json_object(
    file: Path, *, error: type[AlcoreError] = DamagedFileError, advice: str = ""
) -> dict[str, Any]:
    """The object in a JSON file.

    Args:
        error: what to raise, by default what every damaged file of the home raises; advice: what to do then.
    Raises:
        AlcoreError, as `error`: as `parse_json_object`, or a file that cannot be read.
    """
    try:
        with file.open("rb") as opened:
            content = opened.read(_LARGEST + 1)
    except OSError as fault:
        raise _fault(file, f"cannot be read: {fault.strerror or fault}", error, advice) from None
    if len(content) > _LARGEST:
        raise _fault(file, f"is larger than {_LARGEST >> 20} MiB, which no such file is", error, advice)
    try:
        return parse_json_object(content, origin=file, error=AlcoreError)
    except AlcoreError as fault:
        raise _fault(file, str(fault).removeprefix(f"{file} ").rstrip(), error, advice) from None


def _fault(file: Path, sentence: str, error: type[AlcoreError], advice: str) -> AlcoreError:
    if issubclass(error, DamagedFileError):
        return error(file, sentence, advice)
    return error(f"{file} {sentence}; {advice}" if advice else f"{file} {sentence}")
