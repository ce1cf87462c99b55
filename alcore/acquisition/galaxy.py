"""GALAXY: bisect between opposite labels along the order in which the model puts all patches."""

from __future__ import annotations

import numpy as np

from alcore.acquisition.most_likely_defective import peak_probability
from alcore.acquisition.strategy import (
    Needs,
    PoolView,
    Query,
    Strategy,
    check_finite,
    check_query_size,
    register,
)


def bisect(labels: np.ndarray, reach: int, *, rng: np.random.Generator) -> int | None:
    """The middle of a shortest path between opposite labels.

    Nodes stand in a line, joined to those at most `reach` places away; nodes of opposite labels are not
    joined. Of several shortest paths one is drawn.

    Args:
        labels: (N,) int8 in the order of the line: 1 and -1 where labelled, 0 where not.
        reach: 1 or more.
    Returns:
        Position of an unlabelled node; None where no path joins opposite labels.
    Source: Zhang, Katz-Samuels & Nowak 2022, arXiv:2202.01402; Dasarathy, Nowak & Zhu 2015, PMLR 40 (S²).
    """
    sources, targets, free = labels > 0, labels < 0, labels == 0
    if not targets.any():
        return None
    ends = _near(np.flatnonzero(targets), labels.size, reach)  # (N,) whether a target is within reach
    levels: list[np.ndarray] = []
    last = np.flatnonzero(sources)
    while last.size:
        reached = np.flatnonzero(_near(last, labels.size, reach) & free)
        levels.append(reached)
        free[reached] = False
        arrived = reached[ends[reached]]
        if arrived.size:
            return _middle(levels, int(rng.choice(arrived)))
        last = reached
    return None


def _near(places: np.ndarray, size: int, reach: int) -> np.ndarray:
    """(size,) bool, the positions at most `reach` away from one of the places."""
    steps = np.zeros(size + 1, dtype=np.int64)
    np.add.at(steps, np.maximum(places - reach, 0), 1)
    np.add.at(steps, np.minimum(places + reach + 1, size), -1)
    return steps[:-1].cumsum() > 0


def _middle(levels: list[np.ndarray], place: int) -> int:
    """Go back from the end of a path, by the nearest node of each level before, to its middle."""
    edges = len(levels) + 1
    for level in reversed(levels[edges // 2 - 1 : -1]):
        place = int(level[np.abs(level - place).argmin()])
    return place


@register
class Galaxy(Strategy):
    """Bisection along the model's order, between patches labelled defective and patches labelled clean."""

    name = "galaxy"
    needs = Needs.PEAKS | Needs.LABELLED_PEAKS | Needs.TARGETS
    score_name = "largest defect probability of a pixel"
    help = (
        "Orders all patches by how defective they look, and halves the way between opposite labels: finds "
        "the boundary where defects are rare, wherever the model puts it."
    )
    source = "Zhang, Katz-Samuels & Nowak 2022, GALAXY, arXiv:2202.01402"
    departure = (
        "The paper hears each label before it picks the next patch; here a query is labelled as a whole, so "
        "until then the model's prediction stands for it. Patches are ordered by their likeliest pixel."
    )

    def query(self, view: PoolView, *, query_size: int, rng: np.random.Generator) -> Query:
        """One bisection after the other; where no path joins opposite labels, the reach grows by one."""
        check_query_size(query_size, view.size)
        peaks = check_finite(view.peaks, "largest logits")
        known = check_finite(view.labelled_peaks, "largest logits of labelled patches")
        bought = check_finite(view.labelled_defective, "bought labels")
        every = np.concatenate([peaks, known])
        order = np.lexsort((rng.permutation(every.size), every))
        truth = np.concatenate([np.zeros(view.size), np.where(bought, 1, -1)])
        labels = truth[order].astype(np.int8)
        rows, reach = np.empty(query_size, dtype=np.int64), 1
        for pick in range(query_size):
            place = bisect(labels, reach, rng=rng)
            if place is None:
                reach += 1
                place = bisect(labels, reach, rng=rng)
            if place is None:  # one class alone has been seen
                place = int(rng.choice(np.flatnonzero(labels == 0)))
            rows[pick] = order[place]
            labels[place] = 1 if every[order[place]] >= 0 else -1
        scores = peak_probability(peaks)
        return Query(rows, scores[rows], scores)
