"""Where things live: ALCORE_HOME, by default .alcore in the working directory."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """The directory of data sets and runs; read from the environment each time, made when first written."""
    return Path(os.environ.get("ALCORE_HOME") or ".alcore").absolute()


def datasets_directory() -> Path:
    """ALCORE_HOME/datasets."""
    return home() / "datasets"


def runs_directory() -> Path:
    """ALCORE_HOME/runs."""
    return home() / "runs"
