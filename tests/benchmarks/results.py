"""What the recorded studies say, as the tables of docs/results.md.

    python -m tests.benchmarks.results [--write]

Prints each table, computed from the saved counts; with --write, puts them into docs/results.md between its
marks, and brings cells.csv and summary.csv of the recorded studies up to date.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from functools import lru_cache, partial

import numpy as np
import pandas as pd

from alcore.presentation.figures.study_maps import FEW
from alcore.statistics.multiplicity import ENOUGH_TO_SIGN, holm
from alcore.statistics.operating import HERE, REMEDIES
from alcore.statistics.sample import Sample
from alcore.statistics.shared_tests import effective_size, overlap
from alcore.study import analysis
from alcore.study.analysis import EvidenceByPool
from alcore.study.plan import Cell
from alcore.study.reader import RECORDED, StudyReader
from alcore.study.summary import cell_rows, contract_table
from alcore.wording import percent
from tests.benchmarks.ranks import NAME, ranks_text
from tests.conftest import ROOT

DOCUMENT = ROOT / "docs" / "results.md"
Titles = dict[str, str]
"""What tables call some recorded studies, by the name of their directories."""

RARE, PAPERS = 0.01, 0.05
"""The π₁ of the tables: rarer than any paper's, and the paper's own."""
WARM: Titles = {"synthetic": "surfaces", "magnetic-tile": "magnetic tile"}
COLD: Titles = {"synthetic-cold": "surfaces", "magnetic-tile-cold": "tiles of 128 pixels"}
STUDIES = WARM | COLD
COMPARED = ("entropy", "core-set")
STRATEGIES = ("random", *COMPARED)


def main() -> None:
    """Print, or write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true")
    is_writing = parser.parse_args().write
    for name, text in blocks().items():
        print(f"{name}\n\n{text}\n")
    if is_writing:
        write_documents()


def write_documents() -> None:
    """Bring docs/results.md, and the tables of the recorded studies, up to date with their results."""
    DOCUMENT.write_text(with_blocks(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    for name in STUDIES:
        reader = StudyReader.open(RECORDED / name)
        for file, frame in recorded_tables(reader).items():
            frame.to_csv(reader.directory / file, index=False, lineterminator="\n")


def with_blocks(text: str) -> str:
    """A document with the text between each pair of marks computed again."""
    for name, block in blocks().items():
        pattern = rf"(<!-- results: {name} -->\n).*?(<!-- end -->)"
        text, count = re.subn(
            pattern, lambda match, new=block: f"{match[1]}{new}\n{match[2]}", text, flags=re.S
        )
        if count != 1:
            raise SystemExit(f"the document has {count} places for {name}")
    return text


def blocks() -> dict[str, str]:
    """Every table by name, as Markdown."""
    shift = _table(COMPARED, WARM, partial(_losses, deployed=RARE), without=RARE)
    rare = _table(STRATEGIES, COLD, partial(_counterfactual, deployed=RARE))
    return {
        **_blocks(WARM, RARE),
        "shift": shift,
        **{f"cold-{name}": text for name, text in _blocks(COLD, PAPERS).items()},
        "cold-counterfactual-rare": rare,
        NAME: ranks_text(),
    }


def _blocks(titles: Titles, deployed: float) -> dict[str, str]:
    factors = partial(_factors, deployed=deployed)
    counterfactual = partial(_counterfactual, deployed=deployed)
    return {
        "gain": _table(COMPARED, titles, _gains),
        "factor": _table(COMPARED, titles, factors, without=deployed),
        "counterfactual": _table(STRATEGIES, titles, counterfactual),
        "thresholds": "\n".join(_thresholds(titles, deployed)),
        "counts": "\n".join(_counts(titles)),
    }


@lru_cache
def _evidence(name: str) -> EvidenceByPool:
    """A recorded study's evidence, by π₀."""
    reader = StudyReader.open(RECORDED / name)
    return reader.evidence_by_pool(_cells_of(reader))


def _cells_of(reader: StudyReader) -> list[Cell]:
    """The cells that the tables are about: the first slice over π₀, which starts cold if any does."""
    return next(iter(reader.slices.values()))


def _table(strategies, titles: Titles, texts, *, without=None) -> str:
    """One row per π₀, one column per study and strategy; a dash where a study has no such pool."""
    columns = [(name, strategy) for name in titles for strategy in strategies]
    frames = {name: texts(_evidence(name)) for name in titles}
    head = ["π₀", *(f"{titles[name]}: {strategy}" for name, strategy in columns)]
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    for pool in sorted({pool for name in titles for pool in _evidence(name)}):
        if pool != without:
            cells = [frames[name].get((pool, strategy), "–") for name, strategy in columns]
            lines.append(f"| {' | '.join([percent(pool), *cells])} |")
    return "\n".join(lines)


def _cells(frame: pd.DataFrame, words) -> dict[tuple[float, str], str]:
    return {(row.pool_prevalence, row.strategy): words(row) for row in frame.itertuples()}


def _signed(text: str) -> str:
    return text.replace("-0.000", "+0.000").replace("-", "−")


def _marked(text: str, is_clear: bool, repetitions: int) -> str:
    """Bold where a difference is clear, and so many repetitions that an exact test could say so; else †."""
    if not is_clear:
        return _signed(text)
    return f"**{_signed(text)}**" if repetitions >= ENOUGH_TO_SIGN else f"{_signed(text)} {FEW}"


def _gains(by_pool: EvidenceByPool) -> dict[tuple[float, str], str]:
    def words(row) -> str:
        if row.is_collapsed:
            return "collapse"
        text = f"{row.advantage:+.3f} ({row.low:+.3f}, {row.high:+.3f})"
        return _marked(text, row.is_clear, row.repetitions)

    return _cells(analysis.gain_without_shift(by_pool, "iou", "random"), words)


def _losses(by_pool: EvidenceByPool, deployed: float) -> dict[tuple[float, str], str]:
    def words(row) -> str:
        text = f"{row.loss:+.3f} ({row.low:+.3f}, {row.high:+.3f})"
        return _marked(text, row.is_clear, row.repetitions)

    return _cells(analysis.loss_under_shift(by_pool, "iou", "random", deployed), words)


def _factors(by_pool: EvidenceByPool, deployed: float) -> dict[tuple[float, str], str]:
    def words(row) -> str:
        high = "∞" if np.isinf(row.factor_high) else f"{row.factor_high:.2f}"
        return "–" if np.isnan(row.factor) else f"×{row.factor:.2f} ({row.factor_low:.2f}, {high})"

    return _cells(analysis.loss_under_shift(by_pool, "iou", "random", deployed), words)


def _counterfactual(by_pool: EvidenceByPool, deployed: float) -> dict[tuple[float, str], str]:
    def words(row) -> str:
        text = f"{row.aubc:.3f} ({row.low:.3f}, {row.high:.3f})"
        learned = f"{round(row.learned * row.repetitions)} of {row.repetitions}"
        return f"{_marked(text, row.is_clear, row.repetitions)}, {learned}"

    return _cells(analysis.counterfactual(by_pool, "iou", deployed), words)


def _thresholds(titles: Titles, deployed: float) -> Iterator[str]:
    """What a threshold is worth at π₁, for richer pools, where counts at all thresholds are kept."""
    head = ["study, π₀", "strategy", "lost at ½", *REMEDIES]
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for name, title in titles.items():
        reader = StudyReader.open(RECORDED / name)
        pools = {cell.id: cell.config.pool_prevalence for cell in _cells_of(reader)}
        pools = {cell: pool for cell, pool in pools.items() if pool > deployed}
        table = reader.thresholds()
        if table.empty:
            continue
        table = table[table["cell"].isin(pools) & (table["test_prevalence"] == deployed)]
        for (cell, strategy), rows in table.groupby(["cell", "strategy"], sort=False):
            by_rule = rows.set_index("rule")
            texts = [f"{title}, {percent(pools[cell])}", strategy]
            texts.append(_signed(_bounded(by_rule.loc[HERE], "loss")))
            texts += [_saved(by_rule.loc[rule]) for rule in REMEDIES]
            yield f"| {' | '.join(texts)} |"


def _saved(row: pd.Series) -> str:
    text = _marked(_bounded(row, "gain"), row["gain_low"] > 0, row["repetitions"])
    return text if np.isnan(row["share"]) else f"{text}; {_signed(_share(row))}"


def _bounded(row: pd.Series, name: str) -> str:
    return f"{row[name]:+.3f} ({row[f'{name}_low']:+.3f}, {row[f'{name}_high']:+.3f})"


def _share(row: pd.Series) -> str:
    share, low, high = (f"{100 * row[name]:.0f}" for name in ("share", "share_low", "share_high"))
    bounds = "" if np.isnan(row["share_low"]) else f" ({low}, {high})"
    return f"{share} %{bounds} of the loss"


def _counts(titles: Titles) -> Iterator[str]:
    """How many of the numbers say something, by study."""
    head = ["", *titles.values()]
    yield f"| {' | '.join(head)} |"
    yield "| --- | --- | --- |"
    measured = [_measured(_evidence(name)) for name in titles]
    for name in measured[0]:
        yield f"| {name} | {' | '.join(one[name] for one in measured)} |"


def _measured(by_pool: EvidenceByPool) -> dict[str, str]:
    gain = analysis.gain_without_shift(by_pool, "iou", "random")
    grid = analysis.advantage_grid(by_pool, "iou", "random", tuple(by_pool))
    holms = holm(gain["p_value"].to_numpy())
    summaries = [analysis.summaries(by_pool, "iou", "random", use) for use in by_pool]
    saved = pd.concat(summaries).dropna(subset=["saved"])
    outside = (saved["saved"] < saved["saved_low"] - 1e-9) | (saved["saved"] > saved["saved_high"] + 1e-9)
    unshifted = [analysis.summaries({pool: one}, "iou", "random", pool) for pool, one in by_pool.items()]
    unshifted = pd.concat(unshifted)[lambda frame: frame["strategy"] != "random"]
    evidence = next(iter(by_pool.values()))
    between, common = _errors(by_pool[0.5])
    items = list(evidence.shared.items)
    return {
        "gains clear of zero, each judged alone": f"{int(gain['is_clear_alone'].sum())} of {len(gain)}",
        "… with at most 5 % false discoveries": str(int(gain["is_clear"].sum())),
        "… after Holm's correction": str(int((holms < 0.05).sum())),
        "cells of the map, each judged alone": f"{int(grid['is_clear_alone'].sum())} of {len(grid)}",
        "… of the map, with at most 5 % false discoveries": str(int(grid["is_clear"].sum())),
        "labels saved at π₁ = π₀ of which only a bound is known": str((unshifted["saved_bound"] != "").sum()),
        "… of which there are none: random finds nothing, or neither does": str(
            unshifted["saved"].isna().sum()
        ),
        "labels saved, all π₁, outside their own interval": f"{int(outside.sum())} of {len(saved)}",
        "test patches that two repetitions share": f"{overlap(items):.0%} of {items[0].size}",
        "effective test patches at π₁ = 1 %": f"{effective_size(*evidence.test_sizes, RARE):.0f}",
        "AUBC of entropy, π₀ = 50 %, π₁ = 1 %: error from repetitions": f"±{between:.3f}",
        "… and from the test patches they share": f"±{common:.3f}",
    }


def _errors(evidence) -> tuple[float, float]:
    """Standard errors of entropy's AUBC: of the repetitions, and of what they have in common."""
    areas = evidence.curves_with_shared_error("iou", RARE).areas()
    own, row = Sample(areas.values, areas.replicates), evidence.strategies.index("entropy")
    return float(own.error[row]), float(areas.common[:, row].std())


def recorded_tables(reader: StudyReader) -> dict[str, pd.DataFrame]:
    """summary.csv and cells.csv, from the results."""
    results = [(cell, reader.results(cell.id)) for cell in reader.plan.cells]
    rows = [cell_rows(cell, one, reader.plan.test_prevalences) for cell, one in results if one]
    summary = pd.concat(rows, ignore_index=True)
    return {"summary.csv": summary, "cells.csv": contract_table(summary, reader.plan)}


if __name__ == "__main__":
    main()
