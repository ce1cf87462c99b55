"""Child processes of this package: the command line, from any working directory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress

from alcore.home import IMPORT_ROOT, IS_CHECKOUT
from alcore.machine import give_way

SPARE = "ALCORE_SPARE"
"""In the environment: "no" where a worker is started when a run asks for one, and not before."""


def starts_ahead() -> bool:
    """Whether this server starts a worker before a run asks for one."""
    return os.environ.get(SPARE) != "no"


def alcore_command(*arguments: str) -> list[str]:
    """`python -m alcore ARGUMENTS` with this interpreter."""
    return [sys.executable, "-m", "alcore", *arguments]


def child_environment(**changes: str) -> dict[str, str]:
    """This process's environment, with which a child finds this package and speaks UTF-8.

    A checkout goes on the path; an installed package is found without, and its folder, site-packages, would
    hide modules of the standard library there.
    """
    environment = os.environ | {"PYTHONUTF8": "1"} | changes
    if IS_CHECKOUT:
        paths = filter(None, [str(IMPORT_ROOT), os.environ.get("PYTHONPATH")])
        environment["PYTHONPATH"] = os.pathsep.join(paths)
    return environment


def start_child(*arguments: str, **changes: str) -> subprocess.Popen[str]:
    """A child that runs a command and says on stdout how it goes, with its own children in one group.

    Args:
        changes: of its environment.
    """
    child = subprocess.Popen(
        alcore_command(*arguments),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        env=child_environment(**changes),
        start_new_session=True,
    )
    give_way(child.pid)
    return child


def end_child(child: subprocess.Popen[str] | None) -> None:
    """End a child of `start_child`, and those that it started; one that has ended is left alone."""
    if child is not None and child.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
