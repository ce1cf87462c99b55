"""Child processes of this very package: the command line, from any working directory."""

from __future__ import annotations

import os
import sys

from alcore.home import IMPORT_ROOT


def alcore_command(*arguments: str) -> list[str]:
    """`python -m alcore ARGUMENTS` with this interpreter."""
    return [sys.executable, "-m", "alcore", *arguments]


def child_environment(**changes: str) -> dict[str, str]:
    """This process's environment, with which a child finds this package and speaks UTF-8."""
    paths = filter(None, [str(IMPORT_ROOT), os.environ.get("PYTHONPATH")])
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONUTF8": "1"} | changes
