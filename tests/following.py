"""Following runs in tests: bounded waits on conditions, and directories as bytes."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import numpy as np

from alcore.__main__ import main
from tests.conftest import ROOT
from tests.pace import pace, pace_now

PATIENCE = 90


def wait_for(condition: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
    """Wait until the condition holds; fail loudly if it never does.

    seconds: of the reference machine, when it is quiet; a slower or busier one is waited for as much longer.
    """
    left, slowness, looked_at = seconds, pace_now(), time.monotonic()
    while not condition():
        assert left > 0, f"waited {seconds} s of a quiet machine for {what}"
        time.sleep(0.05)
        waited = time.monotonic() - looked_at
        if waited > 1:
            left, slowness, looked_at = left - waited / slowness, pace_now(), time.monotonic()


def bytes_of(directory: Path) -> dict[str, bytes]:
    """All files of a run but the lock and the log, as bytes by relative name."""
    files = (path for path in directory.rglob("*") if path.is_file())
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in files
        if path.name not in (".lock", "worker.log")
    }


def alcore(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line to its end within this process, which has its libraries loaded already.

    What only a process of its own can show (that it starts, its exit code, Ctrl-C) is tested with
    `alcore_process` and `start_alcore`.
    """
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with (
        patch.dict(os.environ, environment),
        patch.object(sys, "argv", ["alcore", *arguments]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = _exit_code_of(main)
    return subprocess.CompletedProcess(list(arguments), code, *(_text_of(stream) for stream in (out, err)))


def _exit_code_of(function: Callable[[], None]) -> int:
    try:
        function()
    except SystemExit as leaving:
        assert leaving.code is None or isinstance(leaving.code, int), leaving.code
        return leaving.code or 0
    return 0


def _text_of(stream: io.TextIOWrapper) -> str:
    stream.flush()
    return stream.buffer.getvalue().decode()


def alcore_process(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line to its end in a process of its own, as a user does."""
    return subprocess.run(
        [sys.executable, "-m", "alcore", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE * pace(),
        check=False,
    )


def start_alcore(*arguments: str) -> subprocess.Popen[bytes]:
    """Start the command line and leave it running; the caller ends it."""
    return subprocess.Popen(
        [sys.executable, "-m", "alcore", *arguments],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def silence(run: Path) -> None:
    """Change a run's records so that its models predict no defect anywhere: precision is undefined."""
    for path in (run / "records").glob("*.npz"):
        with np.load(path) as file:
            arrays = dict(file)
        arrays["counts"][:, 2] += arrays["counts"][:, 0]
        arrays["counts"][:, 3] += arrays["counts"][:, 1]
        arrays["counts"][:, :2] = 0
        np.savez(path, **arrays)
