"""An import as the dashboard hands it to a child process: one JSON file instead of a command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from alcore.data.importing.options import ImportOptions
from alcore.errors import DataError


@dataclass(frozen=True)
class ImportOrder:
    """What to import, and how.

    source: a folder or a zip file; name: of the data set; format: `auto` or a format's name; check: also say
    what other patch sizes would do.
    """

    source: Path
    name: str
    options: ImportOptions
    format: str = "auto"
    check: bool = False

    def to_json(self) -> str:
        """The order as JSON, which `parse_order` reads back."""
        return _ORDERS.dump_json(self).decode()


_ORDERS = TypeAdapter(ImportOrder)


def parse_order(text: str) -> ImportOrder:
    """The order that `to_json` wrote; DataError where the text holds none."""
    try:
        return _ORDERS.validate_json(text)
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(map(str, fault["loc"]))
        raise DataError(f"an order to import cannot be used: {place}: {fault['msg']}") from None
