"""How slow this machine is just now, so that tests wait for work and not for a clock.

A fixed piece of work is timed; its time on a quiet reference machine is one. Under load, or on half the
machine, the same work takes longer, and so does whatever a test waits for.
"""

from __future__ import annotations

import time
from functools import cache

_ROUNDS = 60_000
_SECONDS_AT_REFERENCE = 0.0075
_MOST = 12.0
"""A machine that is slower than this is not waited for."""


def pace_now() -> float:
    """How many times longer than on the reference machine work takes at this moment; at least 1."""
    begun = time.perf_counter()
    total = 0
    for number in range(_ROUNDS):
        total += number & 7
    return min(max((time.perf_counter() - begun) / _SECONDS_AT_REFERENCE, 1.0), _MOST)


@cache
def pace() -> float:
    """The same as this process found it when it first asked: the middle of nine looks over a second."""
    looks = []
    for _ in range(9):
        looks.append(pace_now())
        time.sleep(0.1)
    return sorted(looks)[len(looks) // 2]
