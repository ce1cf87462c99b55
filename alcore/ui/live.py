"""Live charts on a page: mounted once, and notified when their data change.

Streamlit serves what a component's manifest names. It reads manifests of installed packages only, and plotly
has none, so both folders are made known here: the scripts', and plotly's own, whose plotly.min.js they load.
That holds for `streamlit run app.py` in a checkout as for an installed package, and asks no network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import streamlit as st
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest
from streamlit.components.v2.types import ComponentRenderer

from alcore.home import PACKAGE
from alcore.presentation.chart_config import chart_config
from alcore.presentation.live_chart.curves import LiveCurves
from alcore.presentation.live_chart.replay import Film, plain_figure

_NAME = "alcore.live_chart"


def _plotly() -> Path:
    found = find_spec("plotly")
    if found is None or found.origin is None:
        raise RuntimeError("plotly, on which the dashboard depends, is not installed")
    return Path(found.origin).parent


def _serve_scripts() -> None:
    """Make both folders known to the running server; tests start several in one process."""
    manager = get_bidi_component_manager()
    folders = {
        "plotly": (_plotly(), "package_data"),
        "live_chart": (PACKAGE / "presentation", "live_chart"),
    }
    for name, (root, folder) in folders.items():
        if manager.get_component_asset_root(f"alcore.{name}") is None:
            manifest = ComponentManifest("alcore", "1", [ComponentConfig(name, folder)])
            manager.register_from_manifest(manifest, root)


@cache
def _component() -> ComponentRenderer:
    """Made when the first chart is mounted: only a running server knows where the files lie."""
    return st.components.v2.component(
        _NAME, html='<div class="live-chart"></div>', css="chart.css", js="component.js", isolate_styles=False
    )


Listener = Callable[[Any], object]


def show_curves(
    curves: LiveCurves,
    key: str,
    *,
    on_point: Listener | None = None,
    on_prevalence: Listener | None = None,
    on_metric: Listener | None = None,
    config: dict[str, Any] | None = None,
) -> None:
    """Learning curves that act in the browser.

    Args:
        key: of the chart: while it is the same, zoom, legend and choices stay.
        on_point: called with [strategy, repetition or 0 for the mean, cycle, run] of a clicked point.
        on_prevalence: called with π₁ when its slider is let go.
        on_metric: called with the metric's name when another was chosen in the chart.
        config: of plotly; without a toolbar by default.
    """
    hears = {"point": on_point, "prevalence": on_prevalence, "metric": on_metric}
    _mount("curves", curves.payload(), key, hears, config)


def show_player(film: Film, key: str, *, on_point: Listener, on_prevalence: Listener) -> None:
    """A finished run that plays, as `replay` in `live_chart` makes it; listeners as in `show_curves`."""
    _mount("player", film, key, {"point": on_point, "prevalence": on_prevalence})


def show_live_figure(figure: go.Figure, key: str, *, words: str) -> None:
    """A figure whose zoom and legend stay while its data change; `words` say what it shows."""
    _mount("figure", {"figure": plain_figure(figure), "words": words}, key, {})


def show_frames(frames: Sequence[tuple[str, go.Figure, str]], key: str, *, seconds: float) -> None:
    """Figures of the same traces that play one after the other, in the browser alone.

    Args:
        frames: name, figure, and what it shows in words; seconds: that each one stays.
    """
    shown = [{"name": name, "figure": plain_figure(one), "words": words} for name, one, words in frames]
    _mount("frames", {"frames": shown, "seconds": seconds}, key, {})


def _mount(
    kind: str,
    content: Mapping[str, object],
    key: str,
    hears: dict[str, Listener | None],
    config: dict[str, Any] | None = None,
) -> None:
    _serve_scripts()
    calls = {name: call for name, call in hears.items() if call is not None}
    _component()(
        key=key,
        data={"kind": kind, "content": content, "hears": list(calls), "config": config or chart_config()},
        **{f"on_{name}_change": _hearing(key, name, call) for name, call in calls.items()},
    )


def _hearing(key: str, name: str, call: Listener) -> Callable[[], None]:
    """What Streamlit calls when the browser says something: it looks up what was said."""

    def hear() -> None:
        said = st.session_state[key].get(name)
        if said is not None:
            call(said)

    return hear
