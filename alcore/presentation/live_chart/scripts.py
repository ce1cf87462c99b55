"""The live chart's scripts and style as text, for pages that no server serves."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent
_MODULES = ("estimates.js", "figure.js", "chart.js")
"""In the order of their imports, which name nothing but each other."""


def one_module() -> str:
    """The modules as one: imports are left out, since what they name stands above them."""
    lines = [line for name in _MODULES for line in _read(name).splitlines() if not line.startswith("import ")]
    return "\n".join(lines)


def opening() -> str:
    """What mounts the charts of a file that is opened from disk; to follow `one_module`."""
    return _read("opening.js")


def style() -> str:
    """The chart's CSS."""
    return _read("chart.css")


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
