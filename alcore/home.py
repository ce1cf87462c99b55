"""Where things live: what came with the package, and what it makes in ALCORE_HOME (default .alcore here)."""

from __future__ import annotations

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
IMPORT_ROOT = PACKAGE.parent
"""What a child process needs on its PYTHONPATH to find this very package."""

_BUNDLE = PACKAGE / "bundle"
IS_CHECKOUT = not _BUNDLE.is_dir()
"""Whether the package is used where it is developed; an installed one carries a bundle of its own."""

DASHBOARD = IMPORT_ROOT if IS_CHECKOUT else _BUNDLE
"""The folder with app.py, pages/, assets/ and .streamlit/: the checkout, or a wheel's copy."""

ASSETS = DASHBOARD / "assets"


def home() -> Path:
    """The directory of data sets and runs; read from the environment each time, made when first written."""
    return Path(os.environ.get("ALCORE_HOME") or ".alcore").absolute()


def datasets_directory() -> Path:
    """ALCORE_HOME/datasets."""
    return home() / "datasets"


def runs_directory() -> Path:
    """ALCORE_HOME/runs."""
    return home() / "runs"


def features_directory() -> Path:
    """ALCORE_HOME/features."""
    return home() / "features"
