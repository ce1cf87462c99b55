"""Colours and markers, the same on every page.

The first strategies have Okabe & Ito's colours, which the colour-blind can tell apart. Twenty colours are
more than anybody can tell apart, so each strategy has a marker of its own besides.
"""

from __future__ import annotations

from alcore.acquisition import strategy_names

TRUE_MASK = "#F0E442"
PREDICTION = "#56B4E9"
WINS, LOSES, PALE = "#0072B2", "#B35806", "#F7F7F7"
"""Scales: the ends above and below a baseline, and their middle."""

_LOOKS = {
    "random": ("#8C8C8C", "circle"),
    "entropy": ("#D55E00", "square"),
    "core-set": ("#0072B2", "diamond"),
    "entropy-top": ("#009E73", "triangle-up"),
    "entropy-max": ("#CC79A7", "triangle-down"),
    "entropy-diverse": ("#E69F00", "star"),
    "tta-disagreement": ("#661100", "cross"),
    "badge": ("#117733", "hexagon"),
    "typiclust": ("#882255", "pentagon"),
    "oracle-random": ("#44AA99", "bowtie"),
    "oracle-balanced-33": ("#CCAA66", "triangle-left"),
    "oracle-balanced-66": ("#8C6D31", "triangle-right"),
    "most-likely-defective": ("#DD0033", "star-diamond"),
    "power-entropy": ("#9955FF", "hexagram"),
    "class-balanced-power-entropy": ("#BB99FF", "star-square"),
    "galaxy": ("#1144EE", "octagon"),
    "base": ("#EE22CC", "diamond-tall"),
    "mc-dropout": ("#7A8F00", "diamond-wide"),
    "malls": ("#FF7799", "star-triangle-up"),
    "you": ("#332288", "x"),
}
"""Colour and plotly's marker."""

_MORE = ("#56B4E9", "#BBCC33", "#EE8866", "#77AADD", "#AA4499")
_MORE_MARKERS = ("hourglass", "star-triangle-down", "triangle-ne", "triangle-sw", "triangle-nw")
"""For strategies that somebody adds."""


def strategy_colors() -> dict[str, str]:
    """Hex colour of every registered strategy; those added since take the next free ones."""
    return {name: look[0] for name, look in _looks().items()}


def strategy_symbols() -> dict[str, str]:
    """Plotly's marker of every registered strategy, for readers who cannot rely on colour."""
    return {name: look[1] for name, look in _looks().items()}


def _looks() -> dict[str, tuple[str, str]]:
    others = [name for name in strategy_names() if name not in _LOOKS]
    more = list(zip(_MORE, _MORE_MARKERS, strict=True))
    return _LOOKS | {name: more[rank % len(more)] for rank, name in enumerate(others)}


def rgb(color: str) -> tuple[int, int, int]:
    """'#RRGGBB' -> (R, G, B)."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def translucent(color: str, opacity: float) -> str:
    """'#RRGGBB' -> CSS rgba()."""
    return f"rgba({', '.join(str(level) for level in rgb(color))}, {opacity})"


def mixed(color: str, other: str, share: float) -> str:
    """'#RRGGBB' twice -> the colour that holds that share, 0..1, of the second, as plotly interpolates."""
    parts = zip(rgb(color), rgb(other), strict=True)
    return "#" + "".join(f"{round(one + share * (two - one)):02X}" for one, two in parts)


def readable_on(color: str) -> str:
    """Black or white, whichever has the higher contrast with '#RRGGBB' by WCAG 2."""
    ground = _luminance(color)
    return max(_INKS, key=lambda ink: _contrast(_luminance(ink), ground))


_INKS = ("#000000", "#FFFFFF")
"""Of these two, the better has a contrast of at least 4.58 on any colour; AA asks for 4.5."""


def _luminance(color: str) -> float:
    shares = [level / 255 for level in rgb(color)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)
