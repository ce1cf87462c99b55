"""Starting studies from the dashboard, in processes that outlive the server, as long studies must."""

from __future__ import annotations

import re
import secrets
import subprocess
import threading
import time
from pathlib import Path

import psutil

from alcore.errors import ConfigError, StoreError
from alcore.runs.files import make_directory, write_text
from alcore.runs.processes import alcore_command, child_environment
from alcore.study.ledger import Ledger
from alcore.study.plan import StudyPlan
from alcore.study.reader import studies_directory
from alcore.study.study_store import StudyStore

_SECONDS_TO_PLAN = 900
_LOG = "study.log"


def launch(name: str, plan: StudyPlan, *, engine: str = "", address: str = "") -> Path:
    """Start, resume or extend the study of that name; returns its directory.

    Args:
        engine, address: as of the command line; by default those that the study was launched with before.

    Raises:
        ConfigError: a name that cannot be a directory's.
        StoreError: it is being worked on, or cannot be written.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
        raise ConfigError(f"{name!r} cannot name a study; take up to 64 letters, digits, dots, _ and -")
    store = StudyStore.create(studies_directory() / name, plan)
    store.withdraw_stop()
    ledger = store.ledger()
    if not engine:
        notes = ledger.notes()
        engine, address = notes.get("engine_name", "local"), notes.get("address", "")
    options = ["--engine", engine, *(["--address", address] if address else [])]
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
    threading.Thread(
        target=process.wait, name="alcore-study-end", daemon=True
    ).start()  # or it stays a zombie
    ledger.note(launched=time.time(), process=process.pid, engine_name=engine, address=address)
    return store.directory


def is_starting(directory: Path) -> bool:
    """Whether the study's process was launched, lives, and has not begun to run it yet."""
    notes = Ledger(directory).notes()
    if float(notes.get("launched", 0)) <= float(notes.get("began", 0)):
        return False
    try:
        process = psutil.Process(int(notes["process"]))
        return process.status() != psutil.STATUS_ZOMBIE and str(directory) in " ".join(process.cmdline())
    except psutil.Error:
        return False


def last_words(directory: Path) -> str:
    """What the process of a study said last, such as why it ended; '' for nothing."""
    file = directory / _LOG
    lines = file.read_text(encoding="utf-8", errors="replace").split("\n") if file.exists() else []
    said = [line.strip() for line in lines if line.startswith("error: ")]
    return said[-1].removeprefix("error: ") if said else ""


def tell_plan(plan: StudyPlan) -> list[str]:
    """What `python -m alcore study --plan` says of a study, line by line; takes as long as two cycles.

    Raises:
        StoreError: what is wrong with the study.
    """
    scratch = studies_directory()
    make_directory(scratch)
    file = scratch / f".plan-{secrets.token_hex(4)}.json"
    write_text(file, plan.to_json())
    try:
        result = subprocess.run(
            alcore_command("study", str(file), "--out", str(scratch / ".none"), "--plan"),
            env=child_environment(COLUMNS="500"),
            capture_output=True,
            text=True,
            timeout=_SECONDS_TO_PLAN,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise StoreError("two cycles took more than a quarter of an hour; try a smaller network") from None
    finally:
        file.unlink(missing_ok=True)
    if result.returncode:
        raise StoreError(result.stderr.strip().removeprefix("error: ") or "the estimate failed")
    return [line for line in result.stdout.splitlines() if not line.startswith("measuring")]
