"""Who did what: one JSON object per line in the home, for its owner to read."""

from __future__ import annotations

import json
import logging
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

from alcore.access.roles import Visitor
from alcore.event_log import tell, warn
from alcore.wording import shortened

_NAME = "audit.jsonl"
_MOST_BYTES = 10 * 2**20
_log = logging.getLogger(__name__)
_writing = threading.Lock()


def note(home: Path, visitor: Visitor | None, action: str, what: str, outcome: str) -> None:
    """Add a line: time (UTC), who, role, action, object and outcome.

    Args:
        outcome: 'done', or the reason why not. If the line cannot be written, the server's log reports that.
    """
    known = {"action": action, "what": what, "visitor": visitor.name if visitor else None}
    if outcome == "done":
        tell("action_done", **known)
    else:
        warn("action_refused", **known, reason=outcome)
    line = json.dumps(
        {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "who": visitor.name if visitor else None,
            "role": visitor.role if visitor else None,
            "action": action,
            "what": shortened(what),
            "outcome": shortened(outcome),
        },
        ensure_ascii=False,
    )
    try:
        with _writing:
            _append(home / _NAME, line.encode("utf-8", "replace") + b"\n")
    except OSError as error:
        _log.warning("the audit log cannot be written (%s): %s", error.strerror, line)


def _append(file: Path, line: bytes) -> None:
    """Append in one write, so that lines of processes do not mix; start a new file when this one is long."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.exists() and file.stat().st_size > _MOST_BYTES:
        file.replace(file.with_name(f"{_NAME}.1"))
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(handle, line)
    finally:
        os.close(handle)
