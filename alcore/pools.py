"""Prevalence -> patch ids: pools to label from and test sets to judge by."""

from __future__ import annotations

import numpy as np

from alcore.errors import PoolError


def largest_pool(defective: int, clean: int, prevalence: float) -> int:
    """The largest pool size that can have exactly round(size * prevalence) defective patches.

    Args:
        defective: defective patches available.
        clean: clean patches available.
        prevalence: 0..1.
    """
    by_defective = (defective + 1) / prevalence if prevalence > 0 else np.inf
    by_clean = (clean + 1) / (1 - prevalence) if prevalence < 1 else np.inf
    size = int(min(by_defective, by_clean, defective + clean))
    while size > 0 and not _fits(size, defective, clean, prevalence):
        size -= 1
    return size


def _fits(size: int, defective: int, clean: int, prevalence: float) -> bool:
    wanted = round(size * prevalence)
    return wanted <= defective and size - wanted <= clean


def draw_pool(defective: np.ndarray, *, size: int, prevalence: float, rng: np.random.Generator) -> np.ndarray:
    """Draw a pool without replacement at a prevalence.

    Args:
        defective: (M,) bool of the patches to draw from.
        size: patches in the pool, 1..M.
        prevalence: share of defective ones, 0..1.
        rng: draws.
    Returns:
        (size,) int64 positions in `defective`, ascending; exactly round(size * prevalence) are defective.
    Raises:
        PoolError: too few patches of a class; states the largest possible size.
    """
    defective = np.asarray(defective, dtype=bool)
    if not 0 <= prevalence <= 1:
        raise PoolError(f"prevalence must be between 0 and 1, got {prevalence}")
    if size < 1:
        raise PoolError(f"a pool needs at least one patch, got size {size}")
    have = int(defective.sum()), int((~defective).sum())
    want_defective = round(size * prevalence)
    want = want_defective, size - want_defective
    for needed, available, word in zip(want, have, ("defective", "clean"), strict=True):
        if needed > available:
            largest = largest_pool(*have, prevalence)
            raise PoolError(
                f"a pool of {size} at π₀ = {100 * prevalence:g} % needs {needed} {word} patches, but only "
                f"{available} can be drawn; the largest pool at this π₀ has {largest}"
            )
    drawn = [
        rng.choice(np.flatnonzero(members), count, replace=False)
        for members, count in zip((defective, ~defective), want, strict=True)
    ]
    return np.sort(np.concatenate(drawn)).astype(np.int64)


def draw_test_set(
    defective: np.ndarray, *, size: int, rng: np.random.Generator, all_clean: bool = False
) -> np.ndarray:
    """Draw test patches for estimates at every prevalence at once: half of each class if they last.

    With `all_clean` every clean patch is taken, beside the same defective ones: where π is small, clean
    patches decide what is measured, and few of them show no rare false alarm (`statistics.unseen_alarms`).
    Counts are reweighted by class afterwards (`alcore.metrics.counts_at_prevalence`), so the share drawn
    here sets precision, not the estimate. Where a class runs short the other one fills up; where both
    do, the test set is smaller than asked.

    Returns:
        (at most size,) int64 positions (more with `all_clean`) in `defective`, ascending.
    Raises:
        PoolError: no defective or no clean patch to test on.
    """
    defective = np.asarray(defective, dtype=bool)
    have_defective, have_clean = int(defective.sum()), int((~defective).sum())
    if not have_defective or not have_clean:
        missing = "clean" if have_defective else "defective"
        raise PoolError(f"the test split has no {missing} patch; import more images")
    take_defective = min(have_defective, max(size // 2, size - have_clean))
    take_clean = have_clean if all_clean else min(have_clean, size - take_defective)
    drawn = [
        rng.choice(np.flatnonzero(members), count, replace=False)
        for members, count in ((defective, take_defective), (~defective, take_clean))
    ]
    return np.sort(np.concatenate(drawn)).astype(np.int64)
