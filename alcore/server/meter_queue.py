"""Scoring images for the dashboard: in child processes, one after the other, as imports are done."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alcore.server.child_job import ChildJob, ChildQueue, Errand, Outcome
from alcore.server.meter_events import LINES, MeterEnded, MeterEvent
from alcore.server.uploads import Content

_MOST_WAITING = 5
_ERRAND = Errand["MeterJob", MeterEvent](
    LINES, "scoring the images", ends=lambda event: isinstance(event, MeterEnded)
)


@dataclass(kw_only=True)
class MeterJob(ChildJob):
    """One reading of uploaded images. ended: how it ended; None until then."""

    run_id: str
    strategy: str
    ended: MeterEnded | None = None

    @property
    def is_running(self) -> bool:
        """Whether it waits or works."""
        return self.ended is None


class MeterQueue:
    """Accepts images and has them scored; the caller keeps the job, and the images are removed."""

    def __init__(self, home: Path) -> None:
        self._children = ChildQueue[MeterJob, MeterEvent](home, _ERRAND, most=_MOST_WAITING)

    def take(
        self, run_id: str, directory: Path, strategy: str, content: Content, *, owner: str = ""
    ) -> MeterJob:
        """Have images scored by the last model of a strategy of the run in a directory; returns at once.

        Raises:
            LimitError: five wait already.
            DataError: the upload cannot be stored.
        """
        job = MeterJob(run_id=run_id, strategy=strategy, folder=self._children.new_folder(), owner=owner)

        def end(outcome: Outcome[MeterEvent]) -> bool:
            event = outcome.event
            job.ended = job.ended or (
                event if isinstance(event, MeterEnded) else MeterEnded("failed", outcome.fault)
            )
            return False

        self._children.take(
            job,
            content,
            lambda source: ("meter", str(directory), str(source), f"--strategy={strategy}", "--json"),
            on_end=end,
        )
        return job

    def cancel(self, job: MeterJob) -> None:
        """End a reading, or take it out of the queue. Idempotent."""
        if job.ended is None:
            job.ended = MeterEnded("cancelled", "cancelled; nothing was measured")
            self._children.cancel(job)

    def close(self) -> None:
        """End all readings. Idempotent."""
        self._children.close()
