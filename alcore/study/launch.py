"""Starting studies from the dashboard, in processes that outlive the server, as long studies must."""

from __future__ import annotations

import re
import secrets
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

import psutil

from alcore.errors import ConfigError, StoreError
from alcore.event_log import tell
from alcore.machine import give_way
from alcore.server.processes import alcore_command, child_environment
from alcore.server.watched_child import is_stopped
from alcore.storage.files import make_directory, write_text
from alcore.study.ledger import Ledger, number_noted
from alcore.study.plan import StudyPlan
from alcore.study.reader import studies_directory
from alcore.study.study_events import PlanReport, StudyEnded, from_line
from alcore.study.study_store import StudyStore

_SECONDS_TO_PLAN = 900
_SECONDS_BETWEEN_LOOKS, _LOOKS_AT_STOPPED = 5.0, 4
_STOPPED = (
    "the study's process was stopped from outside (SIGSTOP), so it was ended; resume the study to continue "
    "from its finished cycles"
)
_LOG = "study.log"


def launch(name: str, plan: StudyPlan, *, engine: str = "", address: str = "", owner: str = "") -> Path:
    """Start, resume or extend the study of that name; returns its directory.

    Args:
        engine, address: as of the command line; by default those that the study was launched with before.
        owner: the name of who starts it; by default who did before.

    Raises:
        ConfigError: a name that cannot be a directory's.
        StoreError: it is being worked on, or cannot be written.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
        raise ConfigError(
            f"{name!r} cannot be the name of a study; use up to 64 letters, digits, dots, _ and -"
        )
    store = StudyStore.create(studies_directory() / name, plan)
    store.withdraw_stop()
    store.forget_outcome()
    ledger = store.ledger()
    if not engine:
        notes = ledger.notes()
        engine, address = notes.get("engine_name", "local"), notes.get("address", "")
    options = ["--json", "--engine", engine, *(["--address", address] if address else [])]
    plan_file = str(store.directory / "study.json")
    with (store.directory / _LOG).open("wb") as log:
        process = subprocess.Popen(
            alcore_command("study", plan_file, "--out", str(store.directory), *options),
            env=child_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    give_way(process.pid)
    threading.Thread(target=_watch, args=(process, store), name="alcore-study-end", daemon=True).start()
    if owner:
        ledger.note(owner=owner)
    ledger.note(launched=time.time(), process=process.pid, engine_name=engine, address=address)
    tell("study_started", study=name, process=process.pid, engine=engine, visitor=owner or None)
    return store.directory


def _watch(process: subprocess.Popen[bytes], store: StudyStore) -> None:
    """Wait for the study's process, or it stays a zombie; end it where someone stopped it and left it so."""
    looks = 0
    while True:
        try:
            process.wait(_SECONDS_BETWEEN_LOOKS)
        except subprocess.TimeoutExpired:
            looks = looks + 1 if is_stopped(process.pid) else 0
            if looks >= _LOOKS_AT_STOPPED:
                process.kill()
                with suppress(StoreError):  # such as one that has been deleted
                    store.note_outcome(StudyEnded("failed", _STOPPED))
            continue
        return


def is_starting(directory: Path) -> bool:
    """Whether the study's process was launched, lives, and has not begun to run it yet."""
    notes = Ledger(directory).notes()
    if number_noted(notes, "launched") <= number_noted(notes, "began"):
        return False
    try:
        process = psutil.Process(int(number_noted(notes, "process")))
        return process.status() != psutil.STATUS_ZOMBIE and str(directory) in " ".join(process.cmdline())
    except psutil.Error:
        return False


def last_outcome(directory: Path) -> StudyEnded | None:
    """How the study's last process ended; None if it was killed or still runs."""
    return StudyStore(directory).outcome()


def measure_plan(plan: StudyPlan) -> PlanReport:
    """Measure a study's cost in a separate process; this takes as long as two cycles.

    Raises:
        StoreError: what is wrong with the study.
    """
    scratch = studies_directory()
    make_directory(scratch)
    file = scratch / f".plan-{secrets.token_hex(4)}.json"
    write_text(file, plan.to_json())
    try:
        lines = _said_by("study", str(file), "--out", str(scratch / ".none"), "--plan", "--json")
    except subprocess.TimeoutExpired:
        raise StoreError("two cycles took more than a quarter of an hour; try a smaller network") from None
    finally:
        file.unlink(missing_ok=True)
    event = from_line(lines[-1]) if lines else None
    if isinstance(event, PlanReport):
        return event
    raise StoreError(event.message if isinstance(event, StudyEnded) else "the estimate failed")


def _said_by(*arguments: str) -> list[str]:
    """Lines that a command of this package says on stdout; the pages come before it."""
    with subprocess.Popen(
        alcore_command(*arguments),
        env=child_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
    ) as child:
        give_way(child.pid)
        try:
            return child.communicate(timeout=_SECONDS_TO_PLAN)[0].splitlines()
        except subprocess.TimeoutExpired:
            child.kill()
            raise
