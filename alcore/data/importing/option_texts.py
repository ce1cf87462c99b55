"""Import options as people write them, on the command line and in the fields of a page."""

from __future__ import annotations

import csv
import re

from alcore.data.importing.options import Color
from alcore.errors import DataError


def size_in(text: str, what: str) -> tuple[int, int]:
    """'64x96' -> (height, width) in pixels; DataError, which calls it `what`, for anything else."""
    match = re.fullmatch(r"(\d{1,4})[xX](\d{1,4})", text.strip())
    if not match or not min(int(match[1]), int(match[2])) >= 16:
        raise DataError(f"the {what} must be HEIGHTxWIDTH with sides from 16 to 9999 px, got {text!r}")
    return int(match[1]), int(match[2])


def classes_in(text: str) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """'1, 3, crack' -> the numbers, and the names; a name with a comma stands in double quotes."""
    rows = csv.reader([text.strip()], skipinitialspace=True)
    parts = [part.strip() for row in rows for part in row if part.strip()]
    numbers = tuple(int(part) for part in parts if re.fullmatch(r"\d{1,9}", part))
    return numbers, tuple(part for part in parts if not re.fullmatch(r"\d{1,9}", part))


def color_in(text: str) -> Color:
    """'200,0,0' -> red, green and blue; DataError for anything else."""
    plain = text.replace(" ", "")
    if not re.fullmatch(r"(\d{1,3}(,\d{1,3})*)?", plain):
        raise DataError(f"the colour must be whole numbers with commas between them, got {text!r}")
    match [int(number) for number in plain.split(",") if number]:
        case [red, green, blue] if max(red, green, blue) <= 255:
            return red, green, blue
    raise DataError(f"the colour must be R,G,B with values from 0 to 255, got {text!r}")
