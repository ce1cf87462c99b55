"""The server's log: one line for each thing that happened, as text for people or as JSON for programs.

The caller names an event and its fields: never a token, never a file's content. Only `alcore dashboard`
writes the lines; elsewhere events are dropped.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TextIO

from alcore.wording import shortened

_EVENTS = "alcore.events"
_KNOWN = "alcore_known"
_log = logging.getLogger(_EVENTS)
_log.addHandler(logging.NullHandler())  # or a command would print warnings that are meant for a server's log


class LogLevel(StrEnum):
    """From which level on lines are written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """How a line looks."""

    TEXT = "text"
    JSON = "json"


def tell(event: str, **known: object) -> None:
    """Log an event.

    Args:
        event: its name, such as 'run_started'.
        known: what it was about, such as run='...' and visitor='...'; what is None is left out.
    """
    _log.info(event, extra=_extra(known))


def warn(event: str, **known: object) -> None:
    """Log an event that somebody should look at; arguments as of `tell`."""
    _log.warning(event, extra=_extra(known))


def _extra(known: dict[str, object]) -> dict[str, object]:
    return {_KNOWN: {name: one for name, one in known.items() if one is not None}}


def write_log(level: LogLevel, form: LogFormat, stream: TextIO | None = None) -> None:
    """From now on write what is logged here and, from warnings on, elsewhere; to stderr by default."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_Lines(form))
    root = logging.getLogger()
    for former in [one for one in root.handlers if isinstance(one.formatter, _Lines)]:
        root.removeHandler(former)
    root.addHandler(handler)
    logging.getLogger("alcore").setLevel(level.upper())


class _Lines(logging.Formatter):
    """A record as one line, whatever is in it."""

    def __init__(self, form: LogFormat) -> None:
        super().__init__()
        self._form = form

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end: JSON, or time, level, event and `name=value` pairs."""
        fields = _fields(record)
        if self._form == LogFormat.JSON:
            return json.dumps(fields, ensure_ascii=True, default=str)
        time, level, event = (fields.pop(name) for name in ("time", "level", "event"))
        return " ".join(
            [f"{time} {level:<7} {event}", *(f"{name}={_quoted(fields[name])}" for name in fields)]
        )


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    """Time (UTC), level and event; then what is known of it, or the message of another logger."""
    known: dict[str, object] | None = getattr(record, _KNOWN, None)
    fields: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "event": "message" if known is None else record.getMessage(),
    }
    if known is None:
        fields |= {"logger": record.name, "message": record.getMessage()}
    else:
        fields |= {name: shortened(one) if isinstance(one, str) else one for name, one in known.items()}
    if record.exc_info:
        fields["exception"] = logging.Formatter().formatException(record.exc_info)
    return fields


def _quoted(value: object) -> str:
    """A value that cannot be taken for two, nor end its line."""
    text = str(value)
    is_plain = text.isprintable() and text.isascii() and not set(text) & set(' "=\\') and text != ""
    return text if is_plain else json.dumps(text, ensure_ascii=True)
