"""Live charts as one HTML file, to be mailed and opened from disk; scripts, numbers and images are in it."""

from __future__ import annotations

import base64
import gzip
import html
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from alcore.presentation.live_chart.curves import LiveCurves
from alcore.presentation.live_chart.scripts import one_module, opening, style

_STYLE = """
:root { color-scheme: light dark; }
body { font: 17px/1.5 system-ui, sans-serif; max-width: 1100px; margin: 2rem auto; padding: 0 1rem; }
.live-chart { --chart: 420px; }
figure { margin: 0.6rem 0; } img { max-width: 100%; height: auto; }
"""


@dataclass(frozen=True)
class Picture:
    """A JPEG with a caption, and in words what it shows."""

    jpeg: bytes
    caption: str
    alt: str


@dataclass(frozen=True)
class Section:
    """A heading, a chart, and pictures below it."""

    title: str
    curves: LiveCurves
    pictures: tuple[Picture, ...] = ()


def interactive_page(title: str, introduction: str, sections: Sequence[Section]) -> str:
    """The file's text; about 2 MB of it are plotly.

    Browsers unpack it themselves (DecompressionStream: Chrome 80, Safari 16.4, Firefox 113, or newer).
    """
    body = "".join(_section(section) for section in sections)
    plotly = (files("plotly") / "package_data" / "plotly.min.js").read_bytes()
    charts = [section.curves.payload() for section in sections]
    weights = {count: packed for chart in charts for count, packed in chart.pop("weights").items()}
    numbers = json.dumps({"charts": charts, "weights": weights})
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}{style()}</style></head>'
        f"<body><h1>{html.escape(title)}</h1><p>{html.escape(introduction)}</p>{body}"
        f"{_held('plotly', plotly)}{_held('charts', numbers.encode())}"
        f'<script type="module">{one_module()}\n{opening()}</script></body></html>'
    )


def _section(section: Section) -> str:
    pictures = "".join(
        f'<figure><figcaption>{html.escape(one.caption)}</figcaption><img alt="{html.escape(one.alt)}" '
        f'src="data:image/jpeg;base64,{base64.b64encode(one.jpeg).decode()}"></figure>'
        for one in section.pictures
    )
    return f'<h2>{html.escape(section.title)}</h2><div class="live-chart"></div>{pictures}'


def _held(name: str, content: bytes) -> str:
    packed = base64.b64encode(gzip.compress(content, 9, mtime=0)).decode()
    return f'<script type="text/plain" id="{name}">{packed}</script>'
