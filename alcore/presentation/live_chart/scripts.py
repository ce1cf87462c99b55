"""The live chart's scripts as one text, for pages that no server serves: the mailed one, those of tests."""

from __future__ import annotations

from importlib.resources import files

_MODULES = ("type.js", "estimates.js", "earlier.js", "traces.js", "figure.js", "slide.js", "chart.js")
"""In the order of their imports, which name nothing but each other."""


def one_module() -> str:
    """The modules as one: imports are left out, since what they name stands above them."""
    lines = [line for name in _MODULES for line in _read(name).splitlines() if not line.startswith("import ")]
    return "\n".join(lines)


def _read(name: str) -> str:
    return files("alcore.presentation.live_chart").joinpath(name).read_text(encoding="utf-8")
