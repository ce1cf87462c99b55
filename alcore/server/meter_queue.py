"""Scoring images for the dashboard: in child processes, one after the other, as imports are done."""

from __future__ import annotations

import atexit
import secrets
import threading
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

from alcore.errors import AlcoreError, LimitError
from alcore.server.meter_events import MeterEnded, MeterProgress, from_line
from alcore.server.processes import end_child, start_child
from alcore.server.uploads import Content, drop_folder, open_folder, store_upload

_MOST_WAITING = 5


@dataclass
class MeterJob:
    """One reading of uploaded images. progress: how far it is; ended: how it ended; None until then."""

    run_id: str
    strategy: str
    folder: Path
    progress: MeterProgress | None = None
    ended: MeterEnded | None = None
    child: Popen[str] | None = None

    @property
    def is_running(self) -> bool:
        """Whether it waits or works."""
        return self.ended is None


class MeterQueue:
    """Takes images in and has them scored; whoever asked keeps the job, and the images are removed."""

    def __init__(self, home: Path) -> None:
        self._uploads = home / "uploads"
        self._turn, self._lock = threading.Lock(), threading.Lock()
        self._going: list[MeterJob] = []
        atexit.register(self.close)

    def take(self, run_id: str, directory: Path, strategy: str, content: Content) -> MeterJob:
        """Have images scored by the last model of a strategy of the run in a directory; returns at once.

        Raises:
            LimitError: five wait already.
            DataError: the upload cannot be stored.
        """
        job = MeterJob(run_id, strategy, self._uploads / secrets.token_hex(8))
        with self._lock:
            if len(self._going) >= _MOST_WAITING:
                raise LimitError(f"{_MOST_WAITING} uploads wait to be scored already; try again in a moment")
            self._going.append(job)
        try:
            open_folder(job.folder)
            source = store_upload(content, job.folder)
        except AlcoreError:
            self._leave(job)
            raise
        arguments = ("meter", str(directory), str(source), f"--strategy={strategy}", "--json")
        threading.Thread(target=self._work, args=(job, arguments), name="alcore-meter", daemon=True).start()
        return job

    def cancel(self, job: MeterJob) -> None:
        """End a reading, or take it out of the queue. Idempotent."""
        if job.ended is None:
            job.ended = MeterEnded("cancelled", "cancelled; nothing was measured")
            end_child(job.child)

    def close(self) -> None:
        """End what is going on. Idempotent."""
        for job in list(self._going):
            self.cancel(job)

    def _work(self, job: MeterJob, arguments: tuple[str, ...]) -> None:
        try:
            with self._turn:
                ended = self._follow(job, arguments) if job.ended is None else None
        except (OSError, AlcoreError) as error:
            ended = MeterEnded("failed", f"the images could not be scored: {error}")
        job.ended = job.ended or ended
        self._leave(job)

    def _follow(self, job: MeterJob, arguments: tuple[str, ...]) -> MeterEnded:
        """Note the progress of a child until it exits; how it ended."""
        ended: MeterEnded | None = None
        job.child = child = start_child(*arguments)
        if job.ended is not None:  # cancelled while it was started
            end_child(child)
        for line in child.stdout or ():
            event = from_line(line)
            if isinstance(event, MeterProgress):
                job.progress = event
            else:
                ended = event
        child.wait()
        return ended or MeterEnded("failed", f"scoring the images exited with code {child.returncode}")

    def _leave(self, job: MeterJob) -> None:
        job.child = None
        drop_folder(job.folder)
        with self._lock:
            self._going.remove(job)
