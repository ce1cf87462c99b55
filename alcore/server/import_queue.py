"""Imports for the dashboard: each in a child process, so that pages stay quick and the server small.

A source is imported into a home of its own first. There it can be looked at, and from there it is moved,
whole, to where the data sets are.
"""

from __future__ import annotations

import atexit
import secrets
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from alcore.data.collection import dataset_path
from alcore.data.importing.import_events import ImportEnded, ImportProgress, from_line
from alcore.errors import DataError
from alcore.event_log import tell, warn
from alcore.server.processes import end_child, start_child
from alcore.server.uploads import Content, drop_folder, open_folder, store_upload

RUNNING, PREVIEWED, FINISHED, FAILED, CANCELLED = "running", "previewed", "finished", "failed", "cancelled"


@dataclass
class ImportJob:
    """One import. message: for people, one sentence per line.

    state: running; previewed, until it is kept or cancelled; finished, failed or cancelled.
    progress: how far it is; None until that is known. ended: how it ended, in full.
    folder: where it is at work, and where a data set that waits to be kept lies.
    """

    name: str
    folder: Path
    is_preview: bool = False
    state: str = RUNNING
    message: str = ""
    progress: ImportProgress | None = None
    ended: ImportEnded | None = None
    child: subprocess.Popen[str] | None = None

    @property
    def place(self) -> Path:
        """The directory of the data set until it is kept."""
        return self.folder / "home" / "datasets" / self.name

    def end(self, ended: ImportEnded) -> None:
        """Note how it ended, unless it was cancelled."""
        if self.state == RUNNING:
            self.ended, self.message = ended, "\n".join(ended.sentences())
            self.state = PREVIEWED if self.is_preview and ended.status == FINISHED else ended.status
            if ended.status == FINISHED:
                tell(f"import_{self.state}", data_set=self.name, patches=ended.patches)
            else:
                warn(f"import_{self.state}", data_set=self.name, reason=ended.message)


class ImportQueue:
    """Takes sources in, imports one after the other, and remembers how that went."""

    def __init__(self, home: Path) -> None:
        self._uploads = home / "uploads"
        self._turn = threading.Lock()
        self.jobs: list[ImportJob] = []
        atexit.register(self.close)

    def take(
        self, name: str, content: Content, options: Sequence[str], *, is_preview: bool = False
    ) -> ImportJob:
        """Import a source as the data set `name`; returns at once.

        Args:
            content: an upload is copied to a file with a name of ours and removed afterwards.
            options: of `python -m alcore data import`.
            is_preview: hold it for `keep` or `cancel` when it is read, and skip files that cannot be used.
        Raises:
            DataError: the upload cannot be stored, or the name cannot be used.
        """
        if dataset_path(name).exists():
            raise DataError(f"a data set called {name} exists; delete it first, or take another name")
        job = ImportJob(name, self._uploads / secrets.token_hex(8), is_preview)
        open_folder(job.folder)
        try:
            source = store_upload(content, job.folder)
        except DataError:
            drop_folder(job.folder)
            raise
        self.jobs.insert(0, job)
        tell("import_queued", data_set=name, is_preview=is_preview)
        arguments = (job, source, [*options, *["--skip-bad", "--check"] * is_preview])
        threading.Thread(target=self._work, args=arguments, name="alcore-import", daemon=True).start()
        return job

    def keep(self, job: ImportJob) -> None:
        """Make a data set of what was previewed.

        Raises:
            DataError: another one has taken the name since, or the disk does not take it.
        """
        if job.state == PREVIEWED:
            _move(job)
            job.state = FINISHED
            tell("import_kept", data_set=job.name)
            drop_folder(job.folder)

    def cancel(self, job: ImportJob) -> None:
        """End an import, take it out of the queue, or drop what was previewed. Idempotent."""
        if job.state in (RUNNING, PREVIEWED):
            was_running = job.state == RUNNING
            job.message, job.state = "cancelled; nothing was imported", CANCELLED
            tell("import_cancelled", data_set=job.name)
            end_child(job.child)
            if not was_running:
                drop_folder(job.folder)

    def close(self) -> None:
        """End what is running or waits to be kept; an import is all or nothing. Idempotent."""
        for job in self.jobs:
            end_child(job.child)
            if job.state == PREVIEWED:
                drop_folder(job.folder)

    def _work(self, job: ImportJob, source: Path, options: Sequence[str]) -> None:
        """In a thread: an import from its turn to its end, which is told when nothing of it lies about."""
        ended = ImportEnded("failed", "the import was cancelled before its turn")
        try:
            with self._turn:
                if job.state == RUNNING:
                    ended = self._import(job, source, options)
        except (OSError, DataError) as error:
            ended = ImportEnded("failed", f"the import could not be run: {error}")
        job.child = None
        if job.state != RUNNING or not job.is_preview or ended.status != FINISHED:
            drop_folder(job.folder)
        job.end(ended)

    def _import(self, job: ImportJob, source: Path, options: Sequence[str]) -> ImportEnded:
        arguments = ("data", "import", str(source), f"--name={job.name}", "--json", *options)
        job.child = child = start_child(*arguments, ALCORE_HOME=str((job.folder / "home").absolute()))
        if job.state != RUNNING:  # cancelled while it was started
            end_child(job.child)
        ended = self._follow(job, child)
        if ended is None:
            ended = ImportEnded("failed", f"the import exited with code {child.returncode}")
        if job.state == RUNNING and ended.status == FINISHED and not job.is_preview:
            _move(job)
        return ended

    def _follow(self, job: ImportJob, child: subprocess.Popen[str]) -> ImportEnded | None:
        """Note the progress of a child until it exits; how the import ended, None where it did not say."""
        ended: ImportEnded | None = None
        for line in child.stdout or ():
            event = from_line(line)
            if isinstance(event, ImportProgress):
                job.progress = event
            else:
                ended = event
        child.wait()
        return ended


def _move(job: ImportJob) -> None:
    """Move the data set of a job to the others."""
    target = dataset_path(job.name)
    if target.exists():
        raise DataError(f"a data set called {job.name} exists; delete it first, or take another name")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        job.place.rename(target)
    except OSError as error:
        raise DataError(f"{target} cannot be written: {error.strerror or error}") from None
