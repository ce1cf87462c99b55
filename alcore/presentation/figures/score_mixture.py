"""The prevalence meter's figure: scores of images in use, and the mixture that explains them best."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
from scipy.special import expit, logit

from alcore.presentation.figures.layout import AXIS, NEUTRAL, layout
from alcore.presentation.palette import LOSES, WINS
from alcore.statistics.metering import Reading
from alcore.wording import percent

_BINS, _REACH = 24, 9.0
_HEIGHT = 340
_COUNTS = (0, 1, 5, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000)
_TICKS = (1e-3, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999)


def score_mixture(reading: Reading) -> go.Figure:
    """How many patches score how high, and how many the estimated π₁ expects, by class.

    Bins are of equal width on the logit, since networks are often nearly sure. Heights are square roots of
    counts (a rootogram, after Tukey), so that a few defective patches are seen beside many clean ones.
    """
    validation, share = reading.validation, float(np.nan_to_num(reading.used.value))
    every = _logits(np.concatenate([validation.scores, reading.scores]))
    edges = np.linspace(every.min(), every.max() + 1e-6, _BINS + 1)
    used = np.histogram(_logits(reading.scores), edges)[0]
    figure, below = go.Figure(), np.zeros(_BINS)
    for name, members, part, color in (
        ("expected: clean", ~validation.defective, 1 - share, NEUTRAL),
        ("expected: defective", validation.defective, share, LOSES),
    ):
        shape = np.histogram(_logits(validation.scores[members]), edges)[0] / members.sum()
        expected = used.sum() * part * shape
        title = f"{name}, {percent(round(part, 3))}"
        figure.add_trace(_expected(edges, below, expected, title=title, color=color))
        below += expected
    figure.add_trace(_seen(edges, used))
    figure.update_layout(
        **layout(height=_HEIGHT),
        barmode="stack",
        bargap=0,
        xaxis=AXIS | _score_ticks(edges),
        yaxis=AXIS | _root_ticks(max(used.max(), below.max())),
    )
    return figure


def _expected(
    edges: np.ndarray, below: np.ndarray, expected: np.ndarray, *, title: str, color: str
) -> go.Bar:
    """One class's bars, standing on those below; on the root scale a bar's height depends on these."""
    middles = _middles(edges)
    return go.Bar(
        x=middles,
        y=np.sqrt(below + expected) - np.sqrt(below),
        width=edges[1] - edges[0],
        name=title,
        marker={"color": color, "line": {"width": 0}},
        customdata=np.stack([expit(middles), expected], axis=1),
        hovertemplate="score %{customdata[0]:.3g}<br>%{customdata[1]:.1f} expected<extra></extra>",
    )


def _seen(edges: np.ndarray, used: np.ndarray) -> go.Scatter:
    """How many of the images score in each bin."""
    middles = _middles(edges)
    return go.Scatter(
        x=middles,
        y=np.sqrt(used),
        name="the images",
        mode="markers",
        marker={"size": 11, "symbol": "diamond", "color": WINS},
        customdata=np.stack([expit(middles), used], axis=1),
        hovertemplate="score %{customdata[0]:.3g}<br>%{customdata[1]} of the images<extra></extra>",
        cliponaxis=False,
    )


def _middles(edges: np.ndarray) -> np.ndarray:
    return (edges[1:] + edges[:-1]) / 2


def _score_ticks(edges: np.ndarray) -> dict[str, Any]:
    """An axis of probabilities on the logit scale."""
    ticks = [value for value in _TICKS if edges[0] < logit(value) < edges[-1]]
    return {
        "title": "score: the surest pixel's probability",
        "showgrid": False,
        "tickvals": [float(logit(value)) for value in ticks],
        "ticktext": [f"{value:g}" for value in ticks],
    }


def _root_ticks(most: float) -> dict[str, Any]:
    """An axis of counts on a square-root scale."""
    counts = [count for count in _COUNTS if count <= most]
    return {
        "title": "patches (root scale)",
        "range": [0, 1.08 * np.sqrt(most)],
        "tickvals": np.sqrt(counts),
        "ticktext": [f"{count:,}" for count in counts],
    }


def _logits(scores: np.ndarray) -> np.ndarray:
    edge = expit(-_REACH)
    return logit(np.clip(scores.astype(np.float64), edge, 1 - edge))
