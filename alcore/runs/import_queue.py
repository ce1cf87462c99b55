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

from alcore.data.importing.import_events import ImportEnded, ImportProgress, from_line
from alcore.errors import DataError
from alcore.runs.files import make_directory
from alcore.runs.processes import alcore_command, child_environment


@dataclass
class ImportJob:
    """One import. state: running, finished or failed; message: for people, one sentence per line.

    done, total: images read so far and in all; total is 0 until that is known.
    """

    name: str
    state: str = "running"
    message: str = ""
    done: int = 0
    total: int = 0

    def end(self, ended: ImportEnded) -> None:
        """Note how it ended."""
        self.message, self.state = "\n".join(ended.sentences()), ended.status


class ImportQueue:
    """Takes sources in, imports one after the other, and remembers how that went."""

    def __init__(self, home: Path) -> None:
        self._uploads = home / "uploads"
        self._turn = threading.Lock()
        self._children: set[subprocess.Popen[str]] = set()
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
        except (OSError, DataError) as error:
            job.end(ImportEnded("failed", f"the import could not be run: {error}"))
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _import(self, job: ImportJob, source: Path, options: Sequence[str]) -> None:
        arguments = ("data", "import", str(source), f"--name={job.name}", "--json", *options)
        child = subprocess.Popen(
            alcore_command(*arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            env=child_environment(),
            start_new_session=True,
        )
        self._children.add(child)
        try:
            ended = self._follow(job, child)
        finally:
            self._children.discard(child)
        job.end(ended or ImportEnded("failed", f"the import exited with code {child.returncode}"))

    def _follow(self, job: ImportJob, child: subprocess.Popen[str]) -> ImportEnded | None:
        """Note the progress of a child until it exits; how the import ended, None where it did not say."""
        ended: ImportEnded | None = None
        for line in child.stdout or ():
            event = from_line(line)
            if isinstance(event, ImportProgress):
                job.done, job.total = event.done, event.total
            else:
                ended = event
        child.wait()
        return ended
