"""JSON that others wrote, or a disk may have damaged: an object, or one sentence that says why not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from alcore.errors import AlcoreError


def parse_json_object(
    text: str | bytes, *, origin: object, error: type[AlcoreError], must: str = ""
) -> dict[str, Any]:
    """The object that some JSON text holds.

    Args:
        origin: what the text is, or where it lies, for the sentence.
        error: what to raise; must: what the object should have, such as "with a key 'dataset'".
    Raises:
        AlcoreError, as `error`: no JSON, nothing but an object, nested too deeply, or with an absurd number.
    """
    try:
        values = json.loads(text)
    except json.JSONDecodeError as fault:
        raise error(f"{origin} is not JSON: {fault.msg} at line {fault.lineno}") from None
    except UnicodeDecodeError:
        raise error(f"{origin} is not JSON: it is not text in UTF-8") from None
    except (RecursionError, ValueError):
        raise error(f"{origin} cannot be read as JSON: nested too deeply, or a number too long") from None
    if not isinstance(values, dict):
        raise error(" ".join(filter(None, (f"{origin} must hold a JSON object", must))))
    return values


def read_json_object(file: Path, *, error: type[AlcoreError], advice: str = "") -> dict[str, Any]:
    """The object in a JSON file.

    Args:
        error: what to raise; advice: what to do then.
    Raises:
        AlcoreError, as `error`: as `parse_json_object`, or a file that cannot be read.
    """
    try:
        content = file.read_bytes()
    except OSError as fault:
        raise error(_advised(f"{file} cannot be read: {fault.strerror or fault}", advice)) from None
    try:
        return parse_json_object(content, origin=file, error=error)
    except error as fault:
        raise error(_advised(str(fault), advice)) from None


def _advised(sentence: str, advice: str) -> str:
    return f"{sentence}; {advice}" if advice else sentence
