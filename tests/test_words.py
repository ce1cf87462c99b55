"""Prose is plain English: turns of phrase that are not used, each with what to write instead."""

import re
from pathlib import Path

from tests.conftest import ROOT

_TURNS = {
    "whoever": "any user, anyone who",
    "of one's own": "your own",
    "told": "said, reported; a variable is named for what it holds",
    "is no fault": "is not an error",
    "no fault of": "not caused by",
    "behind all who do already": "after those that wait already",
    "say of": "say about",
    "what there is to mind": "what to know",
    "such a one": "one of these",
    "without a word": "silently",
    "anew": "again",
    "all in all": "in total",
    "what would come of it": "the result",
    "what comes of it": "the result",
    "would come in": "would be accepted",
    "there in a moment": "there at once",
    "of which some": "some of which",
    "what it takes them": "what they need",
    "by which legends": "that legends",
    "to look on": "to watch",
    "looks on": "watches",
    "as far as": "where, while, up to",
    "in hand": "current, active",
    "stands still": "hangs, pauses",
    "stood still": "hung, paused",
    "gone on with": "continued",
}
_PLACES = (
    *("*.md", "docs/**/*.md", "docs/deploy/*", "assets/**/*.md", "assets/**/*.css", "assets/scenes/*.json"),
    *("alcore/**/*.py", "alcore/**/*.js", "alcore/**/*.css", "pages/*.py", "app.py"),
    *("tests/**/*.py", "findings/*.sh", "Makefile", "pyproject.toml"),
)
_BETWEEN_WORDS = r"(?:\s+(?:[#*/]+\s+)?|\"\s*\n\s*f?\")"
"""A space, a line's end within a comment, or the seam of a string on two lines."""


def line(text, hit):
    return text.count("\n", 0, hit.start()) + 1


def test_no_page_error_docstring_or_document_has_a_banned_turn():
    searched = {
        turn: re.compile(
            rf"(?<![a-z]){_BETWEEN_WORDS.join(map(re.escape, turn.split()))}(?![a-z])", re.IGNORECASE
        )
        for turn in _TURNS
    }
    offenders = []
    places = {path for place in _PLACES for path in ROOT.glob(place)} - {Path(__file__)}
    for path in sorted(places):
        text = path.read_text("utf-8")
        offenders += [
            f"{path.relative_to(ROOT)}:{line(text, hit)}: {turn!r}; write {_TURNS[turn]}"
            for turn, pattern in searched.items()
            for hit in pattern.finditer(text)
        ]
    assert not offenders, "\n".join(offenders)
