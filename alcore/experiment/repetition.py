"""What all strategies of a repetition share: its pool, first query, test set and gallery."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alcore.config import RunConfig
from alcore.data.patches import Patches, Split, items_of
from alcore.pools import draw_pool, draw_test_set
from alcore.streams import Purpose, stream

GALLERY_SIZE = 12
"""Test patches, defective ones first, whose predictions are kept in every cycle."""

MAP_SIZE = 1000
"""Pool patches, at most, that the map of features shows besides the labelled ones."""


@dataclass(frozen=True)
class RepetitionSplit:
    """What all strategies of a repetition share, as ids.

    pool (N,), first_query (q,), test (T,), gallery (G,) of the test set, mapped (n,) of the pool, validation
    (V,), on which thresholds are tuned: as many as are tested on, or none where the split lacks a class.
    """

    pool: np.ndarray
    first_query: np.ndarray
    test: np.ndarray
    gallery: np.ndarray
    mapped: np.ndarray
    validation: np.ndarray

    @property
    def seen(self) -> np.ndarray:
        """(n,) ids, ascending: every patch that a model of this repetition looks at."""
        return np.unique(np.concatenate([self.pool, self.test, self.validation]))


def draw_repetition(config: RunConfig, patches: Patches, repetition: int) -> RepetitionSplit:
    """Draw one repetition's pool, first query and test set; the same whenever it is asked for.

    Raises:
        PoolError: the data set cannot fill the pool or the test set.
    """
    train, test = items_of(patches, Split.TRAIN), items_of(patches, Split.TEST)
    pool = train[
        draw_pool(
            patches.defective[train],
            size=config.pool_size,
            prevalence=config.pool_prevalence,
            rng=stream(config.seed, Purpose.POOL, repetition),
        )
    ]
    first = stream(config.seed, Purpose.FIRST_QUERY, repetition)
    test = test[
        draw_test_set(
            patches.defective[test],
            size=config.test_size,
            rng=stream(config.seed, Purpose.TEST_SET, repetition),
        )
    ]
    shuffled = stream(config.seed, Purpose.GALLERY, repetition).permutation(test)
    defective = patches.defective[shuffled]
    some_clean = shuffled[~defective][: GALLERY_SIZE // 3]
    some_defective = shuffled[defective][: GALLERY_SIZE - some_clean.size]
    return RepetitionSplit(
        pool=pool,
        first_query=first.choice(pool, config.first_count, replace=False),
        test=test,
        gallery=np.concatenate([some_defective, some_clean]),
        mapped=_to_map(pool, stream(config.seed, Purpose.POOL_MAP, repetition)),
        validation=_to_validate(config, patches, repetition),
    )


def _to_validate(config: RunConfig, patches: Patches, repetition: int) -> np.ndarray:
    validation = items_of(patches, Split.VALIDATION)
    defective = patches.defective[validation]
    if defective.all() or not defective.any():
        return np.zeros(0, dtype=np.int64)
    rng = stream(config.seed, Purpose.VALIDATION_SET, repetition)
    return validation[draw_test_set(defective, size=config.test_size, rng=rng)]


def _to_map(pool: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return pool if pool.size <= MAP_SIZE else np.sort(rng.choice(pool, MAP_SIZE, replace=False))
