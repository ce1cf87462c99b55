"""The workers of a run: started when they are needed, paused, replaced when one dies, ended together.

They are processes forked from a server that has loaded PyTorch, so that a worker starts at once and shares
that memory with the others; or a single thread of this process, if it is itself a worker.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Protocol

import psutil

from alcore.compute.capacity import Capacity
from alcore.compute.jobs import Alive, Devices, GiveUp, Hold, Job, JobProgress, Leave, Result
from alcore.config import HYPERCOLUMN, RunConfig
from alcore.data.patches import Patches
from alcore.machine import end_with_parent

_SECONDS_TO_LEAVE = 5
_SECONDS_TO_GIVE_UP = 0.5
SECONDS_OF_SILENCE = 15.0
"""Of a worker with a job, whose pulse comes every two seconds."""
_FORK_SERVER, _NETWORKS = "alcore.compute.fork_server", "alcore.compute.fork_server_networks"


class _Body(Protocol):
    """What a worker runs in: a process, or a thread."""

    def is_alive(self) -> bool:
        """Whether the process or thread still runs."""
        ...

    def join(self, timeout: float | None = None) -> None:
        """Wait until it has ended, or for some seconds."""
        ...


@dataclass
class _Member:
    """One worker: what it runs in, the connection to it, and its current job.

    silent: for how many seconds nothing has been heard from it.
    """

    body: _Body
    connection: Connection
    job: Job | None = None
    is_held: bool = False
    silent: float = 0.0

    def tell(self, message: Job | Hold | GiveUp | Leave) -> None:
        """Send it a message; its death is noticed when it is listened to."""
        try:
            self.connection.send(message)
        except (BrokenPipeError, ConnectionResetError):
            return


@dataclass(frozen=True)
class Lost:
    """The worker died during its job; or it hung, for example after SIGSTOP, and was ended."""

    stood_still: bool = False


Heard = tuple[Job, JobProgress | Result | Lost]


class Crew:
    """Up to `size` workers. A context manager: they end with the block."""

    def __init__(self, start: Callable[[Connection], _Body], size: int) -> None:
        """Start no worker yet; use `of_processes` or `of_thread`."""
        self._start, self.size = start, size
        self._members: list[_Member] = []
        self._listened_at: float | None = None
        self.devices: list[str] | None = None

    @classmethod
    def of_processes(cls, size: int, *, networks: bool = True) -> Crew:
        """Workers in processes of their own; what they have in common is being loaded from now on.

        networks: whether that includes libraries of networks, see `alcore.compute.fork_server_networks`.
        """
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([_FORK_SERVER, _NETWORKS] if networks else [_FORK_SERVER])
        _end_stopped_fork_server()
        forkserver.ensure_running()
        return cls(_start_process, size)

    @classmethod
    def of_thread(cls, patches: Patches | None = None) -> Crew:
        """One worker in a thread of this process. patches: the jobs' data set, where it is open already."""
        return cls(lambda connection: _start_thread(connection, patches), 1)

    def __enter__(self) -> Crew:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def warm_up(self) -> list[str]:
        """Start a worker; returns when it has loaded its libraries, with the devices that it found."""
        member = self._idle() or self._grow()
        while self.devices is None:
            heard = member.connection.recv()
            if isinstance(heard, Devices):
                self.devices = heard.names
        return self.devices

    @property
    def has_room(self) -> bool:
        """Whether some worker has nothing to do."""
        return sum(member.job is not None for member in self._members) < self.size

    @property
    def is_idle(self) -> bool:
        """Whether no worker has anything to do."""
        return all(member.job is None for member in self._members)

    def begin(self, job: Job) -> None:
        """Give a job to a worker that has none; there must be room."""
        member = self._idle() or self._grow()
        member.job, member.is_held, member.silent = job, False, 0.0
        member.tell(job)

    def _idle(self) -> _Member | None:
        return next((member for member in self._members if member.job is None), None)

    def _grow(self) -> _Member:
        ours, theirs = multiprocessing.Pipe()
        member = _Member(self._start(theirs), ours)
        self._members.append(member)
        return member

    def hold(self, is_to_hold: Callable[[Job], bool]) -> None:
        """Pause the workers with such jobs, and let the others continue."""
        for member in self._members:
            if member.job is not None and member.is_held != is_to_hold(member.job):
                member.is_held = not member.is_held
                member.tell(Hold(member.is_held))

    @property
    def all_paused(self) -> bool:
        """Whether every worker that has a job is paused."""
        return all(member.is_held for member in self._members if member.job is not None)

    def listen(self, seconds: float) -> list[Heard]:
        """The messages of workers so far, or those of the next seconds if there are none."""
        by_connection = {member.connection: member for member in self._members}
        heard: list[Heard] = []
        ready = wait(list(by_connection), seconds)
        heard += self._end_the_silent([m for c, m in by_connection.items() if c not in ready], seconds)
        for connection in ready:
            member = by_connection[connection]  # type: ignore[index]  # `wait` returns what it was given
            member.silent = 0.0
            try:
                message = member.connection.recv()
            except (EOFError, ConnectionResetError):
                self._members.remove(member)
                if member.job is not None:
                    heard.append((member.job, Lost()))
                continue
            if isinstance(message, Devices):
                self.devices = message.names
            elif isinstance(message, Alive):
                continue
            elif member.job is not None:
                heard.append((member.job, message))
                if not isinstance(message, JobProgress):
                    member.job = None
        return heard

    def give_up(self) -> None:
        """Let all workers give up their current jobs, and wait for another run's.

        Workers in a long computation are ended instead: others start quickly.
        """
        for member in self._members:
            member.tell(GiveUp())
        end = time.monotonic() + _SECONDS_TO_GIVE_UP
        while self._busy and (left := end - time.monotonic()) > 0:
            self.listen(left)
        for member in self._busy:
            self._members.remove(member)
            _end(member, patience=0)

    @property
    def _busy(self) -> list[_Member]:
        return [member for member in self._members if member.job is not None]

    def _end_the_silent(self, members: list[_Member], seconds: float) -> list[Heard]:
        """End processes that have a job and gave no sign of life for too long.

        A look counts for what it may have waited at most: this process may itself have been stopped.
        """
        now = time.monotonic()
        waited = 0.0 if self._listened_at is None else min(now - self._listened_at, seconds + 1)
        self._listened_at = now
        lost: list[Heard] = []
        for member in members:
            if member.job is None or not isinstance(member.body, multiprocessing.process.BaseProcess):
                continue
            member.silent += waited
            if member.silent >= SECONDS_OF_SILENCE:
                self._members.remove(member)
                _end(member, patience=0)
                lost.append((member.job, Lost(stood_still=True)))
        return lost

    def close(self) -> None:
        """Let all workers leave, giving up their current jobs."""
        for member in self._members:
            member.tell(Leave())
        for member in self._members:
            _end(member, patience=_SECONDS_TO_LEAVE)
        self._members.clear()


def crew_for(config: RunConfig) -> Crew:
    """As many workers as a run may use here; a single one lives in a thread of this process."""
    workers = Capacity.here().workers_for(config)
    if workers == 1:
        return Crew.of_thread()
    return Crew.of_processes(workers, networks=config.model.architecture != HYPERCOLUMN)


def _end(member: _Member, *, patience: float) -> None:
    """Wait for a worker that was asked to leave; kill its process after that many seconds."""
    member.body.join(patience)
    if isinstance(member.body, multiprocessing.process.BaseProcess) and member.body.is_alive():
        member.body.kill()
    member.connection.close()


def _start_process(connection: Connection) -> _Body:
    _end_stopped_fork_server()
    context = multiprocessing.get_context("forkserver")
    process = context.Process(target=_serve_as_process, args=(connection,), name="alcore-worker", daemon=True)
    process.start()
    connection.close()  # the child has its own; so its end is seen here
    return process


def _end_stopped_fork_server() -> None:
    """A stopped fork server would be waited for without end; once it is gone, a new one is started."""
    for process in psutil.Process().children():
        with suppress(psutil.Error, ChildProcessError):
            is_stopped = process.status() == psutil.STATUS_STOPPED
            if is_stopped and "multiprocessing.forkserver" in " ".join(process.cmdline()):
                process.kill()
                # A zombie may have threads that still hold its socket; multiprocessing will reap it.
                os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)


def _serve_as_process(connection: Connection) -> None:
    from alcore.compute.job_worker import serve

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that walks the run
    end_with_parent()
    serve(connection)
    os._exit(0)  # torch's threads need no farewell


def _start_thread(connection: Connection, patches: Patches | None) -> _Body:
    def serve_and_close() -> None:
        from alcore.compute.job_worker import serve

        with connection:
            serve(connection, patches)

    thread = threading.Thread(target=serve_and_close, name="alcore-worker", daemon=True)
    thread.start()
    return thread
