"""How numbers read on a page and in a terminal."""

from __future__ import annotations

import math

from alcore.acquisition import Needs, get_strategy, strategy_names
from alcore.metrics import ALL_METRICS

METRIC_TITLES = dict(zip(ALL_METRICS, ("IoU", "Dice", "Precision", "Recall", "Patch IoU"), strict=True))


def clock(seconds: float) -> str:
    """Seconds as m:ss, or h:mm:ss from an hour on."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def score_text(strategy: str, score: float) -> str:
    """A score for a caption, or '' for a strategy or a first query without one."""
    return "" if math.isnan(score) or not get_strategy(strategy).score_name else f"{score:.3f}"


def display_name(strategy: str) -> str:
    """A strategy's name for legends and captions; one that uses the ground truth says that it cheats."""
    is_known = strategy in strategy_names()
    cheats = is_known and Needs.ORACLE in get_strategy(strategy).needs
    return f"{strategy} (cheats)" if cheats else strategy


def plural(count: int, word: str) -> str:
    """'1 patch', '2 patches'."""
    if count == 1:
        return f"1 {word}"
    if word.endswith("gy"):
        return f"{count} {word[:-1]}ies"
    return f"{count} {word}{'es' if word.endswith(('ch', 's', 'x')) else 's'}"


def size_in_words(size: float) -> str:
    """Bytes as '340 MB' or '1.2 GB'."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{max(size / 1e6, 0.1):.2g} MB"


def as_plain_markdown(text: str) -> str:
    """Keep a name that someone else chose from being read as Markdown: as a link, a picture or a heading."""
    return "".join("\\" + sign if sign in "\\`*_{}[]()#+-.!|<>:$~&" else sign for sign in text)


def percent(share: float) -> str:
    """0.1 -> '10 %'; as many digits as it needs, at most three."""
    return f"{100 * share:.3g} %"
