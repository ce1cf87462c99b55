"""Jobs in child processes: their events are followed, and a child that fails or hangs is ended.

A child speaks one protocol of `alcore.event_lines` on its stdout. A line that is no event ends it with a
sentence; one that hung (see `alcore.server.watched_child`) is restarted once.
"""

from __future__ import annotations

import atexit
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from alcore.access.limits import count_bytes
from alcore.errors import AlcoreError, LimitError
from alcore.event_lines import HEARTBEAT, EventLines
from alcore.event_log import warn
from alcore.server.processes import end_child, start_child
from alcore.server.uploads import Content, drop_folder, open_folder, store_upload
from alcore.server.watched_child import HungChildError, WatchedChild
from alcore.wording import size_in_words

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_ATTEMPTS = 2


@dataclass(kw_only=True)
class ChildJob:
    """What a child does for a visitor.

    folder: what was uploaded lies here, until the job ends. progress: the newest event that does not end
    it. note: what to say while it runs, such as that a child was replaced. is_cancelled: no longer wanted.
    owner: whose it is, '' for nobody's. room: bytes that the folder may come to; None for no bound.
    """

    folder: Path
    owner: str = ""
    room: int | None = None
    progress: Any = None
    note: str = ""
    is_cancelled: bool = False
    child: Popen[str] | None = None


J = TypeVar("J", bound=ChildJob)
E = TypeVar("E", bound="DataclassInstance")


@dataclass(frozen=True)
class Outcome(Generic[E]):
    """How a child ended: with a last event, or with a fault in words."""

    event: E | None = None
    fault: str = ""


@dataclass(frozen=True)
class Errand(Generic[J, E]):
    """One kind of job: its protocol, whether its children send signs of life, and what messages call them.

    ends: whether an event is the last one.
    """

    lines: EventLines[E]
    what: str
    ends: Callable[[E], bool]
    beats: bool = True


class ChildQueue(Generic[J, E]):
    """Processes jobs one after another, each in a child process."""

    def __init__(self, home: Path, errand: Errand[J, E], *, most: int | None = None) -> None:
        """`most` jobs may wait or run at a time."""
        self._uploads, self._errand, self._most = home / "uploads", errand, most
        self._turn, self._lock = threading.Lock(), threading.Lock()
        self._going: list[J] = []
        atexit.register(self.close)

    def new_folder(self) -> Path:
        """A place for a job's upload, not made yet."""
        return self._uploads / secrets.token_hex(8)

    def take(
        self,
        job: J,
        content: Content,
        command: Callable[[Path], Sequence[str]],
        *,
        on_end: Callable[[Outcome[E]], bool],
        **environment: str,
    ) -> None:
        """Queue a job; returns at once.

        Args:
            content: an upload is copied to the job's folder.
            command: the arguments of `python -m alcore`, given where the content lies.
            on_end: called in a thread when the job is over; whether its folder is to stay.
            environment: of the child.
        Raises:
            LimitError: too many wait already.
            DataError, StoreError: the upload cannot be stored.
        """
        with self._lock:
            if self._most is not None and len(self._going) >= self._most:
                raise LimitError(
                    f"{self._most} uploads wait already ({self._errand.what}); try again in a moment"
                )
            self._going.append(job)
        try:
            open_folder(job.folder)
            arguments = tuple(command(store_upload(content, job.folder)))
        except AlcoreError:
            self._leave(job, stays=False)
            raise

        def work() -> None:
            stays = on_end(self._outcome(job, arguments, environment))
            self._leave(job, stays=stays)

        threading.Thread(target=work, name="alcore-child-job", daemon=True).start()

    def cancel(self, job: J) -> None:
        """End a job, or take it out of the queue. Idempotent."""
        job.is_cancelled = True
        end_child(job.child)

    def close(self) -> None:
        """Cancel all jobs. Idempotent."""
        for job in list(self._going):
            self.cancel(job)

    def _outcome(self, job: J, arguments: tuple[str, ...], environment: dict[str, str]) -> Outcome[E]:
        with self._turn:
            for attempt in range(1, _ATTEMPTS + 1):
                if job.is_cancelled:
                    break
                try:
                    return self._once(job, arguments, environment)
                except HungChildError as error:
                    warn("child_stood_still", job=self._errand.what, attempt=attempt, reason=str(error))
                    if attempt == _ATTEMPTS:
                        return Outcome(
                            fault=f"{error}, twice; check what else this machine is doing, and try again"
                        )
                    job.progress, job.note = None, f"{error}; it was ended and restarted"
                except LimitError as error:
                    return Outcome(fault=str(error))
                except (OSError, AlcoreError) as error:
                    return Outcome(fault=f"{self._errand.what} could not be run: {error}")
        return Outcome(fault=f"{self._errand.what} was cancelled")

    def _once(self, job: J, arguments: tuple[str, ...], environment: dict[str, str]) -> Outcome[E]:
        last: E | None = None

        def note(event: E) -> None:
            nonlocal last
            _check_room(job)
            if self._errand.ends(event):
                last = event
            else:
                job.progress = event

        beat = {HEARTBEAT: "1"} if self._errand.beats else {}
        job.child = child = start_child(*arguments, **(environment | beat))
        if job.is_cancelled:  # while it was started
            end_child(child)
        watched = WatchedChild(child, what=self._errand.what, beats=self._errand.beats)
        code = follow(watched, self._errand.lines, note)
        job.child = None
        return Outcome(last, "" if last is not None else f"{self._errand.what} exited with code {code}")

    def _leave(self, job: J, *, stays: bool) -> None:
        job.child = None
        if not stays:
            drop_folder(job.folder)
        with self._lock:
            self._going.remove(job)


def _check_room(job: ChildJob) -> None:
    """Raise LimitError if a job has used more than its owner may; called at each of its events."""
    if job.room is not None and (size := count_bytes(job.folder)) > job.room:
        raise LimitError(
            f"this needs more than {size_in_words(size)}, and a member has {size_in_words(job.room)} left in "
            "the home of this server; delete runs, or ask its owner"
        )


def follow(child: WatchedChild, lines: EventLines[E], on_event: Callable[[E], None]) -> int:
    """Pass on a child's events until it exits; returns its exit code.

    Raises:
        HungChildError: it hung. The family has been ended.
        AlcoreError: it sent a line that is no event. The family has been ended.
    """
    for line in child.lines():
        try:
            on_event(lines.from_line(line))
        except AlcoreError:
            child.end()
            raise
    return child.wait()
