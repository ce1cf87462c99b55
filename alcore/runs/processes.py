"""Child processes of this very package: the command line, from any working directory."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import sys
import threading

from alcore.home import IMPORT_ROOT, IS_CHECKOUT


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


def end_with_parent() -> None:
    """In a child of `multiprocessing`: end as soon as the process that started it has ended."""
    parent = multiprocessing.parent_process()
    assert parent is not None, "only a child process has a parent to end with"
    threading.Thread(target=_end_with, args=(parent.sentinel,), name="parent-watch", daemon=True).start()


def _end_with(sentinel: int) -> None:
    multiprocessing.connection.wait([sentinel])
    os._exit(3)
