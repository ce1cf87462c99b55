"""Curves over all labels that were paid for, those of the validation patches included.

Strategies of one run have the same validation patches, so counting them moves all curves alike: areas (AUBC),
differences and labels saved stay what they are. It matters between a rule that needs these labels and one
that does not: after the same number in all, the former has bought fewer queries.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from alcore.statistics.estimands import Curves


def over_labels_in_all(curves: Curves, spent: int, most: int) -> Curves:
    """Curves over labels in all, at those budgets that are reached whether or not validation is paid for.

    Args:
        spent: labels besides the queries; most: those of the rule that needs most, 0 or more. Curves that are
            to be compared are given the same.
    Returns:
        Values interpolated linearly between budgets, which are labels in all; a single budget, and NaN, where
        `most` is more than all queries after the first.
    """
    first, last = curves.labelled[0] + most, curves.labelled[-1]
    if first >= last:
        bought = np.array([float(last - spent)])
    else:
        own = curves.labelled[curves.labelled > first]
        bought = np.array([first, *own], dtype=float) - spent
    weights = _interpolation(curves.labelled.astype(float), bought)
    return replace(
        curves,
        labelled=bought + spent,
        values=curves.values @ weights,
        replicates=curves.replicates @ weights,
        common=None if curves.common is None else curves.common @ weights,
    )


def _interpolation(known: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """(C,) rising, (G,) -> (C, G) weights of linear interpolation; NaN before the first."""
    if len(known) == 1:
        return np.where(wanted >= known[0], 1.0, np.nan)[None]
    after = np.clip(np.searchsorted(known, wanted), 1, len(known) - 1)
    part = (wanted - known[after - 1]) / (known[after] - known[after - 1])
    weights, columns = np.zeros((len(known), len(wanted))), np.arange(len(wanted))
    weights[after - 1, columns], weights[after, columns] = 1 - part, part
    weights[:, (part < 0) | (part > 1)] = np.nan
    return weights
