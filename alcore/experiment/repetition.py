"""What all strategies of a repetition share: its pool, first query, test set and gallery."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alcore.config import RunConfig
from alcore.data.patches import Patches, Split, items_of
from alcore.errors import PoolError
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
    (V,), on which thresholds are tuned: as many as are tested on, or none where the split lacks a class. With
    a random slice, test is in the order in which it is labelled, and there is no gallery and no validation.
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
    if config.random_slice is not None:
        return _with_slice(config, train, test, repetition)
    pool = _draw_pool(config, patches, train, repetition)
    test = test[
        draw_test_set(
            patches.defective[test],
            size=config.test_size,
            rng=stream(config.seed, Purpose.TEST_SET, repetition),
            all_clean=config.test_clean == "all",
        )
    ]
    shuffled = stream(config.seed, Purpose.GALLERY, repetition).permutation(test)
    defective = patches.defective[shuffled]
    some_clean = shuffled[~defective][: GALLERY_SIZE // 3]
    some_defective = shuffled[defective][: GALLERY_SIZE - some_clean.size]
    return RepetitionSplit(
        pool=pool,
        first_query=_first_query(config, pool, repetition),
        test=test,
        gallery=np.concatenate([some_defective, some_clean]),
        mapped=_to_map(pool, stream(config.seed, Purpose.POOL_MAP, repetition)),
        validation=_to_validate(config, patches, repetition),
    )


def _with_slice(config: RunConfig, train: np.ndarray, test: np.ndarray, repetition: int) -> RepetitionSplit:
    """As in a campaign, where no class is known before it is bought: whole sides, and no look at any mask."""
    if train.size != config.pool_size or test.size < config.sliced_after(config.cycles):
        raise PoolError(
            "with a random_slice the pool is the whole training side, so pool_size must be "
            f"{train.size}, and at most {test.size} patches can be drawn for the slice, but "
            f"{config.cycles} cycles draw {config.sliced_after(config.cycles)}"
        )
    nothing = np.zeros(0, dtype=np.int64)
    return RepetitionSplit(
        pool=train,
        first_query=_first_query(config, train, repetition),
        test=stream(config.seed, Purpose.TEST_SET, repetition).permutation(test),
        gallery=nothing,
        mapped=_to_map(train, stream(config.seed, Purpose.POOL_MAP, repetition)),
        validation=nothing,
    )


def _draw_pool(config: RunConfig, patches: Patches, train: np.ndarray, repetition: int) -> np.ndarray:
    """(N,) ids at the pool's prevalence; labels that are there are part of it, and of its count."""
    rng = stream(config.seed, Purpose.POOL, repetition)
    given = np.array(config.first_items, dtype=np.int64)
    _check_given(given, train)
    others, size, prevalence = np.setdiff1d(train, given), config.pool_size, config.pool_prevalence
    if given.size:
        wanted = round(config.pool_size * prevalence) - int(patches.defective[given].sum())
        left = config.pool_size - given.size
        if not 0 <= wanted <= left:
            raise PoolError(
                f"a pool of {config.pool_size} at a prevalence of {prevalence:g} has no room for "
                f"first_items, of which {int(patches.defective[given].sum())} of {given.size} are "
                "defective; enlarge pool_size, or change pool_prevalence"
            )
        if not left:
            return np.sort(given)
        size, prevalence = left, wanted / left
    drawn = others[draw_pool(patches.defective[others], size=size, prevalence=prevalence, rng=rng)]
    return np.union1d(given, drawn)


def _first_query(config: RunConfig, pool: np.ndarray, repetition: int) -> np.ndarray:
    """(q,) ids: those that are given, or drawn from the (N,) of the pool."""
    if config.first_items:
        given = np.array(config.first_items, dtype=np.int64)
        _check_given(given, pool)
        return given
    rng = stream(config.seed, Purpose.FIRST_QUERY, repetition)
    return rng.choice(pool, config.chosen_in(1), replace=False)


def _check_given(given: np.ndarray, train: np.ndarray) -> None:
    absent = np.setdiff1d(given, train)
    if absent.size:
        raise PoolError(
            f"first_items names patch {absent[0]}, which is not on the training side; name only such patches"
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
