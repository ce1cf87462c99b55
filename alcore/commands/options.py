"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from alcore.config import bounds

AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON object per line on stdout instead of a progress bar.")
]


def limits(setting: str) -> dict[str, float]:
    """The range of an option that mirrors a setting of a config: arguments of `typer.Option`."""
    low, high = bounds(setting)
    return {"min": low, "max": high}
