"""Masks coded in colours: which there are, how much of the masks they take, and which of them are chosen."""

from __future__ import annotations

from collections import Counter

import numpy as np

from alcore.data.images import is_like
from alcore.data.importing.options import Color
from alcore.errors import DataError
from alcore.wording import percent, plural

Colors = Counter[Color]
"""Pixels by colour."""

_MOST_KEPT = 64  # colours of one mask; a lossy one has thousands
_ALIKE = 10
"""Colours whose channels differ by no more are listed as one."""
_DARK, _SAME_HUE = 64, 40
"""A colour is as good as black below this; hues are alike where channels, scaled to 255, differ by less."""
_STRAY = 0.02
"""Hues with less than this share of all coloured pixels are noise of compression or soft edges."""
MOST_LISTED = 8


class MaskColorsError(DataError):
    """Masks are coded in colours, and which of these are defective has to be chosen.

    colors: (red, green, blue, share of all pixels), the largest first.
    """

    def __init__(self, problem: str, colors: Colors, advice: str) -> None:
        self.colors = listed(colors)
        super().__init__(
            f"{problem}: {in_words(colors)}; {advice} with --color R,G,B, once for each colour "
            "(in the page: mask colours)"
        )


def counted(pixels: np.ndarray) -> Colors:
    """(H, W, 3) uint8 -> its most frequent colours."""
    parts = pixels.reshape(-1, 3).astype(np.uint32)
    codes, counts = np.unique(parts[:, 0] << 16 | parts[:, 1] << 8 | parts[:, 2], return_counts=True)
    kept = np.argsort(-counts, kind="stable")[:_MOST_KEPT]
    return Counter({_color(int(codes[place])): int(counts[place]) for place in kept})


def of_palette(table: np.ndarray, counts: np.ndarray) -> Colors:
    """(256, 3) uint8 and (256,) pixels by index -> pixels by colour."""
    found: Colors = Counter()
    for index in np.flatnonzero(counts):
        red, green, blue = (int(value) for value in table[index])
        found[red, green, blue] += int(counts[index])
    return found


def listed(colors: Colors) -> list[tuple[int, int, int, float]]:
    """At most eight colours with their shares, those that look the same as one, the largest first."""
    total = colors.total()
    return [(*color, count / total) for color, count in _merged(colors).most_common(MOST_LISTED)]


def in_words(colors: Colors) -> str:
    """'0,0,0 (90 %), 170,0,0 (10 %)'."""
    more = len(_merged(colors)) - MOST_LISTED
    text = ", ".join(f"{r},{g},{b} ({percent(share)})" for r, g, b, share in listed(colors))
    return text + (f" and {plural(more, 'other')}" if more > 0 else "")


def hues(colors: Colors) -> list[Color]:
    """The different hues of all that is not dark; a soft edge between black and a colour has its hue."""
    found: Counter[Color] = Counter()
    for color, count in colors.most_common():
        top = max(color)
        if top < _DARK:
            continue
        red, green, blue = (round(255 * channel / top) for channel in color)
        found[_nearest((red, green, blue), found, _SAME_HUE)] += count
    return [hue for hue, count in found.items() if count >= _STRAY * found.total()]


def left_over(colors: Colors, chosen: tuple[Color, ...], tolerance: int) -> Colors:
    """Colours that are neither chosen nor dark."""
    return Counter(
        {
            color: count
            for color, count in _merged(colors).items()
            if max(color) >= _DARK and not any(is_like(np.array(color), one, tolerance) for one in chosen)
        }
    )


def _merged(colors: Colors) -> Colors:
    found: Colors = Counter()
    for color, count in colors.most_common():
        found[_nearest(color, found, _ALIKE)] += count
    return found


def _nearest(color: Color, known: Colors, tolerance: int) -> Color:
    """The first of the known colours that is like it, or itself."""
    return next((one for one in known if is_like(np.array(color), one, tolerance)), color)


def _color(code: int) -> Color:
    return code >> 16, code >> 8 & 255, code & 255
