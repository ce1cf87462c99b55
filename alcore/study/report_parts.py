"""What a report is made of."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go


@dataclass(frozen=True)
class Heading:
    """A heading of a level, 1 the report's own."""

    level: int
    text: str


@dataclass(frozen=True)
class Text:
    """A paragraph; **bold** is the only markup in it."""

    text: str


@dataclass(frozen=True)
class Code:
    """Text to be kept as it stands."""

    text: str


@dataclass(frozen=True)
class Table:
    """A frame, shown without its index."""

    frame: pd.DataFrame


@dataclass(frozen=True)
class Picture:
    """A figure and the name of its file."""

    figure: go.Figure
    name: str


Part = Heading | Text | Code | Table | Picture
