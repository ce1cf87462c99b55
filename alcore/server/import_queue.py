"""Imports for the dashboard: each in a child process, so that pages stay fast and the server small.

A source is first imported into a separate home, where it can be previewed, and then moved as a whole to the
data sets.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from alcore.data.collection import dataset_path
from alcore.data.importing.import_events import LINES, ImportEnded, ImportEvent
from alcore.data.importing.import_order import ImportOrder
from alcore.data.importing.options import ImportOptions
from alcore.errors import DataError
from alcore.event_log import tell, warn
from alcore.server.child_job import ChildJob, ChildQueue, Errand, Outcome
from alcore.server.uploads import Content, drop_folder
from alcore.storage.files import write_text

RUNNING, PREVIEWED, FINISHED, FAILED, CANCELLED = "running", "previewed", "finished", "failed", "cancelled"

_ORDER = "order.json"

# An import forks its readers, which a second thread would forbid; so it sends no signs of life.
_ERRAND = Errand["ImportJob", ImportEvent](
    LINES, "the import", ends=lambda event: isinstance(event, ImportEnded), beats=False
)


@dataclass(kw_only=True)
class ImportJob(ChildJob):
    """One import. message: for people, one sentence per line.

    state: running; previewed, until it is kept or cancelled; finished, failed or cancelled.
    ended: how it ended, in full. A data set that waits to be kept lies in the job's folder.
    """

    name: str
    is_preview: bool = False
    state: str = RUNNING
    message: str = ""
    ended: ImportEnded | None = None

    @property
    def place(self) -> Path:
        """The directory of the data set until it is kept."""
        return self.folder / "home" / "datasets" / self.name


class ImportQueue:
    """Imports sources one after another, and remembers the outcomes."""

    def __init__(self, home: Path) -> None:
        self._children = ChildQueue[ImportJob, ImportEvent](home, _ERRAND)
        self.jobs: list[ImportJob] = []

    def take(
        self,
        name: str,
        content: Content,
        options: ImportOptions,
        *,
        format_name: str = "auto",
        is_preview: bool = False,
        owner: str = "",
        room: int | None = None,
    ) -> ImportJob:
        """Import a source as the data set `name`; returns at once.

        Args:
            content: an upload is copied to a file with a name of ours and removed afterwards.
            format_name: of the source's layout.
            is_preview: hold it for `keep` or `cancel` when it is read, and skip files that cannot be used.
            owner, room: of the job.
        Raises:
            DataError: the upload cannot be stored, or the name cannot be used.
        """
        if dataset_path(name).exists():
            raise DataError(f"a data set called {name} exists; delete it first, or choose another name")
        job = ImportJob(name=name, folder=self._children.new_folder(), is_preview=is_preview)
        job.owner, job.room = owner, room

        def ordered(source: Path) -> tuple[str, ...]:
            how = replace(options, skip_bad=options.skip_bad or is_preview)
            order = ImportOrder(source.absolute(), name, how, format_name, check=is_preview)
            write_text(job.folder / _ORDER, order.to_json())
            return ("data", "import-order", str(job.folder / _ORDER))

        self._children.take(
            job,
            content,
            ordered,
            on_end=lambda outcome: self._end(job, outcome),
            ALCORE_HOME=str((job.folder / "home").absolute()),
        )
        self.jobs.insert(0, job)
        tell("import_queued", data_set=name, is_preview=is_preview)
        return job

    def keep(self, job: ImportJob) -> None:
        """Keep a previewed import as a data set.

        Raises:
            DataError: the name has been taken since, or the disk is full.
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
            self._children.cancel(job)
            if not was_running:
                drop_folder(job.folder)

    def close(self) -> None:
        """End what is running or waits to be kept; an import is all or nothing. Idempotent."""
        self._children.close()
        for job in self.jobs:
            if job.state == PREVIEWED:
                drop_folder(job.folder)

    def _end(self, job: ImportJob, outcome: Outcome[ImportEvent]) -> bool:
        """Note how a job ended and clean up; returns whether its folder stays for the preview."""
        event = outcome.event
        ended = event if isinstance(event, ImportEnded) else ImportEnded(FAILED, outcome.fault)
        if job.state != RUNNING:  # cancelled
            return False
        if ended.status == FINISHED and not job.is_preview:
            try:
                _move(job)
            except DataError as error:
                ended = ImportEnded(FAILED, f"the import could not be run: {error}")
        is_previewed = job.is_preview and ended.status == FINISHED
        if not is_previewed:
            drop_folder(job.folder)
        job.ended, job.message = ended, "\n".join(ended.sentences())
        job.state = PREVIEWED if is_previewed else ended.status
        if ended.status == FINISHED:
            tell(f"import_{job.state}", data_set=job.name, patches=ended.patches)
        else:
            warn(f"import_{job.state}", data_set=job.name, reason=ended.message)
        return is_previewed


def _move(job: ImportJob) -> None:
    """Move the data set of a job to the others."""
    target = dataset_path(job.name)
    if target.exists():
        raise DataError(f"a data set called {job.name} exists; delete it first, or choose another name")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        job.place.rename(target)
    except OSError as error:
        raise DataError(f"{target} cannot be written: {error.strerror or error}") from None
