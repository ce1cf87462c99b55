"""A finished run as a film: curves, query shares, picks and a sentence, cycle by cycle, for player.js."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

import pandas as pd
import plotly.graph_objects as go

from alcore.config import RunConfig
from alcore.metrics import METRICS
from alcore.presentation.figures.learning_curves import query_shares
from alcore.presentation.labels import PREVALENCES, display_name
from alcore.presentation.live_chart.curves import live_curves, live_run
from alcore.presentation.live_chart.payload import CurvesPayload
from alcore.presentation.narration import narrate
from alcore.presentation.sentences import shares_in_words
from alcore.statistics.estimands import Evaluation, Evidence

SPEEDS = {1: 6.0, 4: 1.5, 16: 0.375}
"""Seconds per cycle at each speed: 1 leaves time to look at what was picked."""


@dataclass(frozen=True)
class QueryStrip:
    """The patches of one query as one picture: a WebP file, how many are defective, and all in words."""

    webp: bytes
    counted: str
    words: str


class Pick(TypedDict):
    """A strategy's query; `src` is a picture's address, and all but the name may be empty."""

    name: str
    src: str
    counted: str
    words: str


class FilmCycle(TypedDict):
    """What the film shows at a cycle besides its charts."""

    cycle: int
    labelled: int
    said: str
    picks: list[Pick]


class Film(TypedDict):
    """What player.js shows."""

    curves: CurvesPayload
    shares: dict[str, Any]
    shares_words: list[str]
    cycles: list[FilmCycle]
    speeds: dict[int, float]
    plays: bool
    waits_after: int | None


def replay(
    config: RunConfig,
    evidence: Evidence,
    *,
    selections: pd.DataFrame,
    each: Sequence[Evaluation],
    strips: Mapping[tuple[str, int], QueryStrip],
    test_prevalence: float,
    plays: bool,
    waits_after: int | None = None,
) -> Film:
    """What player.js shows, as plain values that JSON can hold.

    Args:
        evidence: of a finished run.
        selections, each: its selections, see `RunTables`, and its evaluations.
        strips: pictures of queries by (strategy, cycle); those that are missing leave a gap.
        test_prevalence: π₁, at which the curves are shown first, and of which the sentences speak.
        plays: begin to play by itself.
        waits_after: the cycle beyond which it does not go; None to play to the end.
    """
    run = live_run(evidence, strategies=config.strategies, each=each)
    curves = live_curves(
        [run],
        test_prevalence=test_prevalence,
        steps=PREVALENCES,
        metrics=METRICS,
        reach=config.budget * 1.04,
    )
    cycles = [int(cycle) for cycle in evidence.cycles]
    return {
        "curves": curves.payload(),
        "shares": plain_figure(query_shares(selections, config)),
        "shares_words": [shares_in_words(selections[selections["cycle"] <= at], config) for at in cycles],
        "cycles": [
            {
                "cycle": cycle,
                "labelled": int(labelled),
                "said": narrate(evidence, config, prevalence=test_prevalence, cycle=cycle),
                "picks": _picks(config, strips, cycle),
            }
            for cycle, labelled in zip(cycles, evidence.labelled, strict=True)
        ],
        "speeds": SPEEDS,
        "plays": plays,
        "waits_after": waits_after,
    }


def _picks(config: RunConfig, strips: Mapping[tuple[str, int], QueryStrip], cycle: int) -> list[Pick]:
    """A row per strategy; the first query, which all share, is shown once and the other rows are free."""
    rows = [_pick(name, strips.get((name, cycle))) for name in config.strategies]
    if cycle > 1 or len(rows) == 1:
        return rows
    free: Pick = {"name": "", "src": "", "counted": "", "words": ""}
    return [{**rows[0], "name": "every strategy"}, *([free] * (len(rows) - 1))]


def _pick(strategy: str, strip: QueryStrip | None) -> Pick:
    shown: Pick = {"name": display_name(strategy), "src": "", "counted": "", "words": ""}
    if strip is None:
        return shown
    src = "data:image/webp;base64," + base64.b64encode(strip.webp).decode()
    return {**shown, "src": src, "counted": strip.counted, "words": strip.words}


def plain_figure(figure: go.Figure) -> dict[str, Any]:
    """A figure for the browser, without what it sets itself: template, height and margins."""
    plain = figure.to_plotly_json()
    layout = {key: value for key, value in plain["layout"].items() if key not in ("template", "height")}
    return {"data": plain["data"], "layout": layout | {"margin": {"l": 8, "r": 8, "t": 8, "b": 8}}}
