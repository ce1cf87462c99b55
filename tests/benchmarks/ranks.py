"""Every strategy's rank at each π₀, and how sure one can be of it: tables of docs/results.md."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from alcore.presentation.figures.study_maps import FEW
from alcore.presentation.labels import display_name
from alcore.statistics.estimands import AnyEvidence
from alcore.statistics.multiplicity import ENOUGH_TO_SIGN
from alcore.statistics.resampling import LEVEL
from alcore.statistics.sample import Sample
from alcore.study.reader import RECORDED, StudyReader
from alcore.wording import percent, plural

NAME = "baselines"
STUDY = RECORDED / NAME
METRIC, BASELINE = "iou", "random"
_NOT_YET = "Not recorded yet; `make bench-baselines` runs the study and puts its tables here."


def ranks_text(reader: StudyReader | None = None) -> str:
    """The tables of a study of all strategies, by default the recorded one, as Markdown; one per π₀."""
    if reader is None:
        if not any((STUDY / "results").glob("*.npz")):
            return _NOT_YET
        reader = StudyReader.open(STUDY)
    cells = [cell for cells in reader.slices.values() for cell in cells]
    deployed = reader.plan.cells[0].config.test_prevalence
    by_pool = reader.evidence_by_pool(cells)
    return "\n\n".join("\n".join(_table(pool, one, deployed)) for pool, one in by_pool.items())


def _table(pool: float, evidence: AnyEvidence, deployed: float) -> Iterator[str]:
    """The strategies from the best to the worst at π₁, and what they do at π₀ where that differs."""
    places = {"π₁": deployed} | ({} if pool == deployed else {"π₀": pool})
    columns = [_columns(evidence, prevalence) for prevalence in places.values()]
    share = evidence.query_share.mean(axis=0)  # (S,)
    yield f"**π₀ = {percent(pool)}**, π₁ = {percent(deployed)}, {plural(evidence.repetitions, 'repetition')}"
    yield ""
    head = ["strategy"]
    for name in places:
        head += [f"AUBC at {name}", "minus random", "rank"]
    yield f"| {' | '.join([*head, 'defective in queries'])} |"
    yield f"|{' --- |' * (len(head) + 1)}"
    areas = evidence.curves_with_shared_error(METRIC, deployed).areas().mean
    for row in np.argsort(-np.nan_to_num(areas, nan=-1), kind="stable"):
        texts = [display_name(evidence.strategies[row])]
        for column in columns:
            texts += column[row]
        yield f"| {' | '.join([*texts, f'{100 * share[row]:.0f} %'])} |"


def _columns(evidence: AnyEvidence, prevalence: float) -> list[list[str]]:
    """Per strategy: AUBC, its difference to random with an interval, its rank with one."""
    curves = evidence.curves_with_shared_error(METRIC, prevalence)
    areas, differences = curves.areas(), curves.minus(BASELINE).areas()
    low, high = simultaneous(differences, len(curves.strategies) - 1)
    first, last = rank_intervals(areas)
    rank = 1 + (areas.mean[:, None] < areas.mean[None, :]).sum(axis=1)
    rows = []
    for index, strategy in enumerate(curves.strategies):
        difference = f"{differences.mean[index]:+.3f} ({low[index]:+.3f}, {high[index]:+.3f})"
        difference = difference.replace("-0.000", "+0.000").replace("-", "−")
        if low[index] > 0 or high[index] < 0:
            few = evidence.repetitions < ENOUGH_TO_SIGN
            difference = f"{difference} {FEW}" if few else f"**{difference}**"
        between = "" if np.isnan(first[index]) else f" ({first[index]:.0f} to {last[index]:.0f})"
        own = "" if strategy == BASELINE else difference
        rows.append([f"{areas.mean[index]:.3f}", own, f"{rank[index]}{between}"])
    return rows


def simultaneous(sample: Sample, family: int, *, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Intervals that all contain the truth at once with probability `level` or more.

    Student's t intervals with Bonferroni's share of the error each, which hold whatever the dependence
    between the members. The bootstrap's largest deviation, which is narrower, holds only with many
    repetitions: with five, of eighteen differences to one baseline, it contained all of them in 82 to 88 % of
    300 simulations, these in 95 to 98 %.

    Args:
        sample: of quantities (...), which are part of the family.
        family: how many intervals are to hold together.
    Returns:
        Lower and upper (...) bounds.
    Source: Dunn 1961, Journal of the American Statistical Association 56.
    """
    return sample.interval(1 - (1 - level) / max(family, 1))


def rank_intervals(sample: Sample, *, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Between which places each member may stand; 1 is the largest.

    The central part of its places in the replicates of all members; of equal ones each may be first. Each
    interval is for one member by itself. With five repetitions of nineteen members whose means differ they
    contained the true place in 98 % or more of simulations.

    Args:
        sample: (K,) quantities.
    Returns:
        First and last (K,) float64 places; NaN where a replicate is undefined.
    """
    replicates = sample.replicates  # (B, K)
    defined = ~np.isnan(replicates).any(axis=0)
    ordered = np.sort(replicates[:, defined], axis=1)
    places = np.full((2, replicates.shape[1]), np.nan)
    best, worst = [], []
    for row, own in zip(ordered, replicates[:, defined], strict=True):
        best.append(len(row) - np.searchsorted(row, own, side="right") + 1)
        worst.append(len(row) - np.searchsorted(row, own, side="left"))
    tails = ((1 - level) / 2, (1 + level) / 2)
    if defined.any():
        places[0, defined] = np.quantile(best, tails[0], axis=0, method="inverted_cdf")
        places[1, defined] = np.quantile(worst, tails[1], axis=0, method="inverted_cdf")
    return places[0], places[1]
