"""Train, validation and test: stratified by defective or not, related patches kept on one side."""

from __future__ import annotations

import numpy as np

from alcore.data.patches import Split
from alcore.errors import DataError

SHARES = {Split.TRAIN: 0.8, Split.VALIDATION: 0.1, Split.TEST: 0.1}
"""Share of the patches on each side."""


def stratified_split(defective: np.ndarray, *, rng: np.random.Generator) -> np.ndarray:
    """Split patches that are all unrelated.

    Args:
        defective: (M,) bool.
        rng: shuffles.
    Returns:
        (M,) uint8 of `Split`; within each class the shares of `SHARES`, rounded.
    """
    split = np.full(defective.shape, Split.TRAIN, dtype=np.uint8)
    for is_defective in (False, True):
        items = rng.permutation(np.flatnonzero(defective == is_defective))
        validation = round(SHARES[Split.VALIDATION] * items.size)
        test = round(SHARES[Split.TEST] * items.size)
        split[items[:validation]] = Split.VALIDATION
        split[items[validation : validation + test]] = Split.TEST
    return split


def grouped_split(defective: np.ndarray, group: np.ndarray, *, seed: int) -> np.ndarray:
    """Split patches so that no group sits on two sides, as near to stratified as groups allow.

    Args:
        defective: (M,) bool.
        group: (M,) int64; patches of one source image or with identical bytes share a number.
        seed: shuffles the groups.
    Returns:
        (M,) uint8 of `Split`.
    Raises:
        DataError: fewer than three groups with a defective or with a clean patch.
    Source: the method of scikit-learn's StratifiedGroupKFold, one fold of test and one of validation. Ten
    folds, or as many as there are groups of the rarer class, so that each side gets some of it.
    """
    groups_with = [np.unique(group[defective == is_defective]).size for is_defective in (False, True)]
    folds = min(10, *groups_with)
    if folds < 3:
        raise DataError(
            "the images are too few to split: train, validation and test need a defective and a clean one "
            f"each, but there are {groups_with[1]} defective and {groups_with[0]} clean sources"
        )
    _, member = np.unique(group, return_inverse=True)
    counts = np.stack([np.bincount(member, weights=kind) for kind in (~defective, defective)], axis=1)
    fold = _deal(counts, folds, seed)[member]
    split = np.full(defective.shape, Split.TRAIN, dtype=np.uint8)
    split[fold == 0] = Split.TEST
    split[fold == 1] = Split.VALIDATION
    return split


def _deal(counts: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """Groups of (G, 2) clean and defective patches -> (G,) number of the fold that each is dealt to.

    The groups with the most unequal counts come first, others in shuffled order. Each goes where the folds'
    shares of both classes then differ least, and of folds that are equal in that to the smallest.
    """
    shuffled = np.arange(len(counts))
    # Data sets that were imported before have been dealt with this generator, and shall be again.
    np.random.RandomState(seed).shuffle(shuffled)
    order = shuffled[np.argsort(-counts[shuffled].std(axis=1), kind="stable")]
    dealt, totals, each = np.zeros((folds, 2)), counts.sum(axis=0), np.arange(folds)
    found = np.empty(len(counts), dtype=np.int64)
    for group in order:
        tried = np.repeat(dealt[None], folds, axis=0)  # (folds, folds, 2): the group in each of them
        tried[each, each] += counts[group]
        spread = (tried / totals).std(axis=1).mean(axis=1)  # (folds,)
        best = _least(spread.tolist(), dealt.sum(axis=1).tolist())
        dealt[best] += counts[group]
        found[group] = best
    return found


def _least(spread: list[float], size: list[float]) -> int:
    """The first fold with the least spread; of those about equal in it, the smallest."""
    best = 0
    for fold in range(1, len(spread)):
        is_equal = abs(spread[fold] - spread[best]) <= 1e-8 + 1e-5 * abs(spread[best])
        if spread[fold] < spread[best] or (is_equal and size[fold] < size[best]):
            best = fold
    return best


def related_groups(*labels: np.ndarray) -> np.ndarray:
    """Join patches that share a value in any of several labellings.

    Args:
        labels: each (M,) of any sortable type, such as source names and content hashes.
    Returns:
        (M,) int64 group numbers.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count = labels[0].size
    rows, columns, offset = [], [], count
    for values in labels:
        _, code = np.unique(values, return_inverse=True)
        rows.append(np.arange(count))
        columns.append(code + offset)
        offset += int(code.max(initial=-1)) + 1
    links = np.concatenate(rows), np.concatenate(columns)
    graph = coo_array((np.ones(links[0].size), links), shape=(offset, offset))
    return connected_components(graph, directed=False)[1][:count].astype(np.int64)
