"""Curves and queries as one HTML file that opens from disk: no server, no network, under 3 MB.

plotly.min.js as the plotly package ships it (with its licence in its first lines) is 4.8 MB; gzipped and in
base64 it is 2 MB, which a browser unpacks by itself (DecompressionStream) in a fraction of a second.
"""

from __future__ import annotations

import base64
import gzip
import html
import json
from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files
from string import Template

from alcore.presentation.labels import METRIC_TITLES
from alcore.presentation.live.payload import Blocks, LiveRun, QueryPicture, run_payload

MOST_BYTES = 3_000_000
"""What the file stays below, by leaving out images; only curves of very many points go beyond."""

_LEFT_OUT = "No images here: they would make this file too large to mail, or their data set is gone."
_MARGIN = 30_000  # bytes for what is said about images besides the images


def live_page(
    title: str, runs: Sequence[LiveRun], *, metric: str = "iou", test_prevalence: float | None = None
) -> str:
    """The HTML file of one or several runs, as text.

    Args:
        title: of the page, plain text.
        runs: at least one. Their images are taken in the order given, as far as there is room.
        metric, test_prevalence: shown first; by default at the first run's π₁.
    """
    first = (metric, test_prevalence or runs[0].config.test_prevalence)
    bare = _page(title, [replace(run, pictures={}) for run in runs], *first)
    room = MOST_BYTES - _MARGIN - len(bare.encode())
    return _page(title, _with_fitting_pictures(runs, room), *first)


def _with_fitting_pictures(runs: Sequence[LiveRun], room: int) -> list[LiveRun]:
    fitting = []
    for run in runs:
        kept: dict[tuple[str, int], QueryPicture] = {}
        for key, picture in run.pictures.items():
            room -= 3 * len(picture.webp) // 2  # base64 twice, with gzip between
            if room > 0:
                kept[key] = picture
        fitting.append(replace(run, pictures=kept))
    return fitting


def _page(title: str, runs: Sequence[LiveRun], metric: str, test_prevalence: float) -> str:
    blocks = Blocks()
    data = {
        "metrics": list(METRIC_TITLES.items()),
        "metric": metric,
        "test_prevalence": test_prevalence,
        "runs": [run_payload(run, blocks) | {"pictures": _pictures(run)} for run in runs],
    }
    sources = files("alcore.presentation.live")
    texts = {
        name: sources.joinpath(file).read_text(encoding="utf-8")
        for name, file in {"style": "page.css", "estimands": "estimands.js", "page": "page.js"}.items()
    }
    template = Template(sources.joinpath("page.html").read_text(encoding="utf-8"))
    return template.substitute(
        texts,
        title=html.escape(title),
        no_pictures=html.escape(_LEFT_OUT),
        data=_packed(json.dumps(data).encode()),
        arrays=_packed(blocks.bytes()),
        plotly=_packed(files("plotly").joinpath("package_data/plotly.min.js").read_bytes()),
    )


def _pictures(run: LiveRun) -> dict[str, dict[str, str]]:
    return {
        f"{strategy}/{cycle}": {"webp": base64.b64encode(picture.webp).decode(), "words": picture.words}
        for (strategy, cycle), picture in run.pictures.items()
    }


def _packed(data: bytes) -> str:
    return base64.b64encode(gzip.compress(data, 9, mtime=0)).decode()
