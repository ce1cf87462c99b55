"""Colours, the same on every page: Okabe & Ito's set, which the colour-blind can tell apart."""

from __future__ import annotations

from alcore.acquisition import strategy_names

TRUE_MASK = "#F0E442"
PREDICTION = "#56B4E9"
WINS, LOSES = "#0072B2", "#B35806"
"""Ends of scales: above and below a baseline."""

_FIXED = {"random": "#8C8C8C", "entropy": "#D55E00", "core-set": "#0072B2"}
_NEXT = ("#009E73", "#CC79A7", "#E69F00", "#661100", "#117733", "#882255", "#44AA99", "#332288")


def strategy_colors() -> dict[str, str]:
    """Hex colour of every registered strategy; those beyond the first three take the next free ones."""
    others = [name for name in strategy_names() if name not in _FIXED]
    return _FIXED | {name: _NEXT[rank % len(_NEXT)] for rank, name in enumerate(others)}


def rgb(color: str) -> tuple[int, int, int]:
    """'#RRGGBB' -> (R, G, B)."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def translucent(color: str, opacity: float) -> str:
    """'#RRGGBB' -> CSS rgba()."""
    return f"rgba({', '.join(str(level) for level in rgb(color))}, {opacity})"
