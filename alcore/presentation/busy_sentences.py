"""Why a run takes longer than it could, in words."""

from __future__ import annotations

from alcore.wording import percent

_SLOW_PACE, _BUSY_LOAD = 0.6, 1.5


def busy_in_words(pace: float | None, load: float | None) -> str:
    """What slows a run down; '' where nothing does.

    Args:
        pace: of its last cycles, as a share of its best; None where that is not known.
        load: processes that compute or wait to, for each core; None where that is not known.
    """
    slowed = ""
    if pace is not None and pace < _SLOW_PACE:
        slowed = f"this run goes at {percent(max(round(pace, 1), 0.1))} of its best pace"
    if load is not None and load > _BUSY_LOAD:
        busy = f"the machine is busy, with {load:.1f} processes for each core"
        return f"{busy}: {slowed}" if slowed else busy
    return slowed
