"""Curves and queries as one HTML file that opens from disk: no server, no network, under 3 MB.

The chart is the one of the pages, with its scripts inside. plotly.min.js as the plotly package ships it (with
its licence in its first lines) is 4.8 MB; gzipped and in base64 it is 2 MB, which a browser unpacks by itself
(DecompressionStream) in a fraction of a second.
"""

from __future__ import annotations

import base64
import gzip
import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources import files
from string import Template
from typing import TypedDict

from alcore.config import RunConfig
from alcore.presentation.aim_sentences import aim
from alcore.presentation.chart_config import chart_config
from alcore.presentation.labels import PREVALENCES
from alcore.presentation.live_chart.curves import live_curves, live_run
from alcore.presentation.live_chart.payload import CurvesPayload, Packed
from alcore.presentation.sentences import basis_of_bands
from alcore.statistics.estimands import Evidence

MOST_BYTES = 3_000_000
"""What the file stays below, by leaving out images; only curves of very many points go beyond."""

_LEFT_OUT = "No images here: they would make this file too large to share, or their data set is gone."
_MODULES = ("type.js", "estimates.js", "earlier.js", "traces.js", "figure.js", "slide.js", "chart.js")
"""The chart's scripts in the order of their imports, which name nothing but each other."""
_MARGIN = 30_000  # bytes for what is said about images besides the images


@dataclass(frozen=True)
class QueryPicture:
    """The patches of one query as one picture: a WebP file, and a sentence that says what it shows."""

    webp: bytes
    words: str


@dataclass(frozen=True)
class PageRun:
    """One run of the page.

    title: what the run is called where there are several; pictures: of queries, by (strategy, cycle).
    """

    title: str
    config: RunConfig
    evidence: Evidence
    pictures: Mapping[tuple[str, int], QueryPicture] = field(default_factory=dict)


class _ShownRun(TypedDict):
    """What page.js reads of a run."""

    title: str
    basis: str
    curves: CurvesPayload
    pictures: dict[str, dict[str, str]]


def live_page(
    title: str, runs: Sequence[PageRun], *, metric: str = "iou", test_prevalence: float | None = None
) -> str:
    """The HTML file of one or several runs, as text.

    Args:
        title: of the page, plain text.
        runs: at least one. Their images are included in the given order, while there is room.
        metric, test_prevalence: shown first; by default at the first run's π₁.
    """
    first = (metric, test_prevalence or runs[0].config.test_prevalence)
    bare = _page(title, [replace(run, pictures={}) for run in runs], *first)
    room = MOST_BYTES - _MARGIN - len(bare.encode())
    return _page(title, _with_fitting_pictures(runs, room), *first)


def _with_fitting_pictures(runs: Sequence[PageRun], room: int) -> list[PageRun]:
    fitting = []
    for run in runs:
        kept: dict[tuple[str, int], QueryPicture] = {}
        for key, picture in run.pictures.items():
            room -= 3 * len(picture.webp) // 2  # base64 twice, with gzip between
            if room > 0:
                kept[key] = picture
        fitting.append(replace(run, pictures=kept))
    return fitting


def _page(title: str, runs: Sequence[PageRun], metric: str, test_prevalence: float) -> str:
    weights: dict[int, Packed] = {}
    shown: list[_ShownRun] = []
    for run in runs:
        curves = live_curves(
            [live_run(run.evidence)], test_prevalence=test_prevalence, steps=PREVALENCES, metric=metric
        ).payload()
        weights |= curves["weights"]  # equal for all runs of as many repetitions, so that they travel once
        shown.append(
            {
                "title": run.title,
                "basis": f"{basis_of_bands(run.evidence)} {aim(run.config, PREVALENCES)}".strip(),
                "curves": {**curves, "weights": {}},
                "pictures": _pictures(run),
            }
        )
    data = {"weights": weights, "runs": shown, "config": chart_config()}
    template = Template(_read("page.html"))
    return template.substitute(
        title=html.escape(title),
        no_pictures=html.escape(_LEFT_OUT),
        style=_read("chart.css") + _read("page.css"),
        script=one_module() + _read("page.js"),
        data=_packed(json.dumps(data).encode()),
        plotly=_packed(files("plotly").joinpath("package_data/plotly.min.js").read_bytes()),
    )


def _read(name: str) -> str:
    return files("alcore.presentation.live_chart").joinpath(name).read_text(encoding="utf-8")


def _pictures(run: PageRun) -> dict[str, dict[str, str]]:
    return {
        f"{strategy}/{cycle}": {"webp": base64.b64encode(picture.webp).decode(), "words": picture.words}
        for (strategy, cycle), picture in run.pictures.items()
    }


def _packed(data: bytes) -> str:
    return base64.b64encode(gzip.compress(data, 9, mtime=0)).decode()


def one_module() -> str:
    """The modules as one: imports are left out, since what they name stands above them."""
    lines = [line for name in _MODULES for line in _read(name).splitlines() if not line.startswith("import ")]
    return "\n".join(lines)
