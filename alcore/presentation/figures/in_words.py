"""A figure as one sentence, for readers who cannot see it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from numbers import Real
from typing import Any

import numpy as np
import plotly.graph_objects as go

_MOST = 12
_TAGS = re.compile(r"<[^>]*>")


def in_words(figure: go.Figure) -> str:
    """What a figure shows over what, and where each of its named lines ends or how far its numbers reach.

    Such as 'IoU at π₁ = 2 % over labelled images: random ends at 0.372, entropy ends at 0.541.'
    """
    across, up = (_plain(axis.title.text) for axis in (figure.layout.xaxis, figure.layout.yaxis))
    title = _plain(figure.layout.title.text)
    subject = f"{up} over {across}" if up and across else up or across or "chart"
    parts = [part for part in map(_part, figure.data) if part]
    more = f" and {len(parts) - _MOST} more" if len(parts) > _MOST else ""
    said = f": {', '.join(parts[:_MOST])}{more}" if parts else ""
    return f"{title + ', ' if title else ''}{subject}{said}."


def _part(trace: Any) -> str:  # noqa: ANN401  any kind of trace
    if trace.type == "heatmap":
        numbers = np.asarray(trace.z, dtype=float)
        if np.isnan(numbers).all():
            return "no number yet"
        return f"numbers from {np.nanmin(numbers):.3g} to {np.nanmax(numbers):.3g}"
    if trace.name is None or trace.hoverinfo == "skip":
        return ""
    if (last := _last_number(trace.y)) is not None:
        return f"{trace.name} ends at {last:.3g}"
    last = _last_number(trace.x)  # a row of a forest plot: its name is on the y axis
    return "" if last is None else f"{trace.name} {last:.3g}"


def _last_number(values: Iterable[object] | None) -> float | None:
    numbers = [value for value in values if isinstance(value, Real)] if values is not None else []
    known = [number for number in map(float, numbers) if not math.isnan(number)]
    return known[-1] if known else None


def _plain(text: str | None) -> str:
    return _TAGS.sub(" ", text or "")
