"""Imports for the dashboard: each in a child process, so that pages stay quick and the server small."""

from __future__ import annotations

import atexit
import secrets
import shutil
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from alcore.errors import DataError
from alcore.runs.files import make_directory
from alcore.runs.processes import alcore_command, child_environment


@dataclass
class ImportJob:
    """One import. state: running, finished or failed; message: what the command line said."""

    name: str
    state: str = "running"
    message: str = ""


class ImportQueue:
    """Takes sources in, imports one after the other, and remembers how that went."""

    def __init__(self, home: Path) -> None:
        self._uploads = home / "uploads"
        self._turn, self._children = threading.Lock(), set()
        self.jobs: list[ImportJob] = []
        atexit.register(self.close)

    def upload(self, name: str, content: BinaryIO, options: Sequence[str]) -> ImportJob:
        """Import an uploaded zip as the data set `name`; returns at once.

        Args:
            content: the upload; it is copied to a file with a name of ours and removed afterwards.
            options: of `python -m alcore data import`.
        Raises:
            DataError: the upload cannot be stored.
        """
        folder = self._uploads / secrets.token_hex(8)
        make_directory(folder)
        try:
            with (folder / "upload.zip").open("wb") as file:
                shutil.copyfileobj(content, file, 1 << 20)
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise DataError(f"the upload cannot be stored: {error.strerror or error}") from None
        job = ImportJob(name)
        self.jobs.insert(0, job)
        arguments = (job, folder, options)
        threading.Thread(target=self._work, args=arguments, name="alcore-import", daemon=True).start()
        return job

    def close(self) -> None:
        """End what is running; an import is all or nothing, so nothing is left. Idempotent."""
        for child in list(self._children):
            child.kill()

    def _work(self, job: ImportJob, folder: Path, options: Sequence[str]) -> None:
        try:
            with self._turn:
                self._import(job, folder / "upload.zip", options)
        except OSError as error:
            job.message, job.state = f"the import could not be started: {error}", "failed"
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _import(self, job: ImportJob, source: Path, options: Sequence[str]) -> None:
        command = alcore_command("data", "import", str(source), f"--name={job.name}", *options)
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=child_environment(),
            start_new_session=True,
        )
        self._children.add(child)
        try:
            said, complained = child.communicate()
        finally:
            self._children.discard(child)
        if child.returncode == 0:
            job.message, job.state = said.strip(), "finished"
        else:
            last = complained.strip().splitlines()[-1:] or [f"the import ended with code {child.returncode}"]
            job.message, job.state = last[0].removeprefix("error: "), "failed"
