"""How counts, shares, sizes and times read, on a page and in a terminal: pure text."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence

_DIRECTIONS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

_ADDRESS = re.compile(r"https?(?=://)|www(?=\.)|@", re.IGNORECASE)


def clock(seconds: float) -> str:
    """Seconds as m:ss, or h:mm:ss from an hour on."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def plural(count: int, word: str) -> str:
    """'1 patch', '2 patches', '3 queries', '4 strategies'."""
    if count == 1:
        return f"1 {word}"
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{count} {word[:-1]}ies"
    return f"{count} {word}{'es' if word.endswith(('ch', 's', 'x')) else 's'}"


def joined(parts: Sequence[str]) -> str:
    """'A', 'A and B', 'A, B and C'."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))


def percent(share: float) -> str:
    """0.1 -> '10 %'; as many digits as it needs, at most three. NaN -> 'not known'."""
    return "not known" if math.isnan(share) else f"{100 * share:.3g} %"


def class_counts(patches: int, defective: int, unlabelled: int = 0) -> str:
    """'30 patches, 3 defective (10 %)'; of a set that is labelled in part, how much of it."""
    labelled = patches - unlabelled
    if not unlabelled:
        return f"{plural(patches, 'patch')}, {defective} defective ({percent(defective / patches)})"
    known = f"; {defective} of the {labelled} labelled ones defective" * bool(labelled)
    return f"{plural(patches, 'patch')}, {unlabelled} without a label{known}"


def size_in_words(size: float) -> str:
    """Bytes as '340 MB' or '1.2 GB'."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{max(size / 1e6, 0.1):.2g} MB"


def shortened(text: str, most: int = 200) -> str:
    """A text that someone else wrote, cut where it is too long for a sentence."""
    return text if len(text) <= most else text[: most - 1] + "…"


def odd_character(text: str) -> str:
    """The name of the first character that hides or reorders others, such as 'U+202E'; '' for none.

    Control characters and Unicode's marks of direction: what is read would not be what is written.
    """
    found = next((sign for sign in text if unicodedata.category(sign) == "Cc" or sign in _DIRECTIONS), "")
    return found and f"U+{ord(found):04X}"


def as_plain_markdown(text: str) -> str:
    """Keep a name that someone else chose from being read as Markdown: as a link, a picture or a heading.

    The page makes links of bare addresses after it has read the escapes, so each gets a character of no width
    in it (U+2060) that ends what could be one.
    """
    no_address = _ADDRESS.sub(lambda found: f"{found[0]}\u2060", text)
    return "".join("\\" + sign if sign in "\\`*_{}[]()#+-.!|<>:$~&" else sign for sign in no_address)
