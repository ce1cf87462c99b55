"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from alcore.config import bounds
from alcore.errors import ConfigError, did_you_mean

AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON object per line on stdout instead of a progress bar.")
]


def _known_metric(name: str) -> str:
    from alcore.metrics import ALL_METRICS

    if name not in ALL_METRICS:
        near = did_you_mean(name, ALL_METRICS)
        raise ConfigError(f"there is no metric {name!r}{near} ({', '.join(ALL_METRICS)})")
    return name


MetricName = Annotated[
    str,
    typer.Option(
        callback=_known_metric,
        help="Metric of the defect class, such as iou; an unknown name lists them all.",
    ),
]


def limits(setting: str) -> dict[str, float]:
    """The range of an option that mirrors a setting of a config: arguments of `typer.Option`."""
    low, high = bounds(setting)
    return {"min": low, "max": high}
