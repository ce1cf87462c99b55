"""Random streams: one per purpose, all from the run's one seed, so that none eats another's numbers.

A stream is named, not passed around: asking twice for the same name gives the same numbers. That is what
pairs the strategies of a repetition, and what lets an interrupted run continue without saved generator
states.
"""

from __future__ import annotations

import zlib
from enum import IntEnum

import numpy as np


class Purpose(IntEnum):
    """What a stream is for. The numbers are part of every recorded result: never reuse one."""

    POOL = 1
    FIRST_QUERY = 2
    TEST_SET = 3
    INITIAL_WEIGHTS = 4
    TRAINING = 5
    QUERY = 6
    PERTURBATION = 7
    GALLERY = 8
    POOL_MAP = 9
    BOOTSTRAP = 10
    CEILING = 11
    VALIDATION_SET = 12
    OFFER = 13
    DROPOUT = 20
    LINE = 40
    METER = 41
    CAMPAIGN = 42


def stream(seed: int, purpose: Purpose, *keys: int | str) -> np.random.Generator:
    """The generator for one purpose of a run.

    Args:
        seed: the run's seed.
        purpose: what the numbers are for.
        keys: repetition, cycle, strategy name ...: whatever tells this stream from the others.
    Source: numpy.random.SeedSequence, spawn keys.
    """
    numbers = [zlib.crc32(key.encode()) if isinstance(key, str) else key for key in keys]
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(int(purpose), *numbers)))
