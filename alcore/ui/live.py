"""Live charts on a page: mounted once, and told when their data change.

Streamlit serves what a component's manifest names. It reads manifests of installed packages only, and plotly
has none, so both folders are made known here: the scripts', and plotly's own, whose plotly.min.js they load.
That holds for `streamlit run app.py` in a checkout as for an installed package, and asks no network.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import streamlit as st
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

from alcore.home import PACKAGE
from alcore.presentation.live_chart.curves import LiveCurves

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


_serve_scripts()
_component = st.components.v2.component(
    _NAME, html='<div class="live-chart"></div>', css="chart.css", js="component.js", isolate_styles=False
)


def show_curves(
    curves: LiveCurves,
    key: str,
    *,
    on_point: Callable[[Any], None] | None = None,
    on_prevalence: Callable[[Any], None] | None = None,
) -> None:
    """Learning curves that act in the browser.

    Args:
        key: of the chart: while it is the same, zoom, legend and choices stay.
        on_point: called with [strategy, repetition or 0 for the mean, cycle, run] of a clicked point.
        on_prevalence: called with π₁ when its slider is let go.
    """
    _mount("curves", curves.payload(), key, on_point, on_prevalence)


def show_live_figure(figure: go.Figure, key: str, *, words: str) -> None:
    """A figure whose zoom and legend stay while its data change; `words` say what it shows."""
    plain = {part: figure.to_plotly_json()[part] for part in ("data", "layout")}
    plain["layout"].pop("template", None)
    plain["layout"].pop("height", None)
    plain["layout"]["margin"] = {"l": 8, "r": 8, "t": 8, "b": 8}
    _mount("figure", {"figure": plain, "words": words}, key)


def _mount(
    kind: str,
    content: dict[str, object],
    key: str,
    on_point: Callable[[Any], None] | None = None,
    on_prevalence: Callable[[Any], None] | None = None,
) -> None:
    _serve_scripts()
    hears = {"point": on_point, "prevalence": on_prevalence}
    _component(
        key=key,
        data={"kind": kind, "content": content},
        **{f"on_{name}_change": _hearing(key, name, call) for name, call in hears.items()},
    )


def _hearing(key: str, name: str, call: Callable[[Any], None] | None) -> Callable[[], None]:
    """What Streamlit calls when the browser says something: it looks up what was said."""

    def hear() -> None:
        said = st.session_state[key].get(name)
        if call is not None and said is not None:
            call(said)

    return hear
