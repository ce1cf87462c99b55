"""A study's report: everything a reader needs without the dashboard, as one HTML file or as Markdown."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from alcore.errors import StoreError, needs_extra
from alcore.presentation.aim_sentences import aim
from alcore.presentation.chart_config import chart_config
from alcore.presentation.figures import budgets, study_maps
from alcore.presentation.labels import METRIC_TITLES, display_name
from alcore.presentation.methods_text import BIBTEX, CITATION, methods_paragraph
from alcore.presentation.sentences import alarms_unseen, basis
from alcore.presentation.study_sentences import counterfactual_claims, gain_claims, loss_claims
from alcore.statistics.comparison import Question
from alcore.storage.files import make_directory, write_text
from alcore.study import analysis
from alcore.study.analysis import EvidenceByPool
from alcore.study.plan import Cell
from alcore.study.reader import StudyReader, describe_slice
from alcore.study.report_parts import Code, Heading, Part, Picture, Table, Text
from alcore.study.report_rules import rules_parts
from alcore.wording import percent, plural

_STYLE = """
body { font: 17px/1.5 system-ui, sans-serif; max-width: 1100px; margin: 2rem auto; padding: 0 1rem }
body { color: #222; background: #fff }
table { border-collapse: collapse; font-size: 14px; display: block; overflow-x: auto }
td, th { padding: .2rem .6rem; border-bottom: 1px solid #ddd; text-align: right; white-space: nowrap }
pre { background: #f5f5f5; padding: 1rem; overflow-x: auto; white-space: pre-wrap; font-size: 14px }
"""
_WIDTH = 1000


def parts_of(reader: StudyReader, question: Question) -> Iterator[Part]:
    """The report, part by part.

    Args:
        question: metric, baseline, and the π₁ of strong shift.
    Raises:
        StoreError: no cell has a finished repetition.
    """
    slices = {slice_: cells for slice_, cells in reader.slices.items() if reader.has_results(cells)}
    if not slices:
        raise StoreError("no repetition of the study is finished, so there is nothing to report")
    plan, (first_cells, *_) = reader.plan, slices.values()
    first = reader.evidence_by_pool(first_cells)
    evidence = next(iter(first.values()))
    yield Heading(1, f"Study {reader.directory.name}")
    yield Text(
        f"{METRIC_TITLES[question.metric]} of the defect class, against {question.baseline}, in "
        f"{plural(len(plan.cells), 'cell')}. {basis(evidence)}"
    )
    if doubt := alarms_unseen(evidence, question.test_prevalence):
        yield Text(f"Models from the pool at π₀ = {percent(next(iter(first)))}. {doubt}")
    judged = {*plan.test_prevalences, question.test_prevalence}
    yield from (
        Text(words) for words in dict.fromkeys(aim(cell.config, judged) for cell in plan.cells) if words
    )
    for number, (slice_, cells) in enumerate(slices.items(), start=1):
        if slice_:
            yield Heading(2, describe_slice(slice_))
        by_pool, tag = reader.evidence_by_pool(cells), f"{number:02d}" if slice_ else ""
        counts = [f"{percent(pool)}: {item.repetitions}" for pool, item in by_pool.items()]
        yield Text(f"Repetitions at each π₀: {', '.join(counts)}.")
        yield from _of_slice(by_pool, question, plan.test_prevalences, tag)
        yield from rules_parts(reader, cells, question.test_prevalence, tag)
    table = reader.table()
    if len(table):
        yield Heading(2, "All numbers")
        yield Text("One row per cell, π₁ and strategy; IoU against random, with bounds of 95 % intervals.")
        yield Table(table)
    yield Heading(2, "Methods")
    if not reader.has_counts:
        yield Text("Imported logs: their methods are those of the code that wrote them.")
    else:
        yield from _of_provenance(reader, question, first_cells, first)
    yield Heading(2, "Citation")
    yield Text(CITATION)
    yield Code(BIBTEX)


def _of_slice(
    by_pool: EvidenceByPool, question: Question, prevalences: tuple[float, ...], tag: str
) -> Iterator[Part]:
    metric, baseline, deployment = question.metric, question.baseline, question.test_prevalence
    title = f"AUBC ({METRIC_TITLES[metric]}) minus {baseline}'s"
    grid = analysis.advantage_grid(by_pool, metric, baseline, prevalences)
    if grid["advantage"].notna().any():
        yield Heading(3, f"Advantage over {baseline}, over π₀ and π₁")
        yield Text(
            "Bold: clear of zero, with at most 5 % false marks among all cells; with † by t tests of fewer "
            "than six repetitions, which no exact test could confirm. Italic with ○: not clear. "
            "Collapse: neither of the two finds anything. Framed: no shift."
        )
        limit = color_limit(grid)
        for strategy in grid["strategy"].unique():
            figure = study_maps.advantage_map(grid, strategy, title=title, limit=limit)
            yield Picture(figure, f"map{tag}-{strategy}")
        gain = analysis.gain_without_shift(by_pool, metric, baseline)
        yield Heading(3, "Does it pay where defects are rare?")
        yield Picture(study_maps.over_pool(gain, "advantage", title=f"{title}, at π₁ = π₀"), f"gain{tag}")
        yield from map(Text, gain_claims(gain, baseline))
        loss = analysis.loss_under_shift(by_pool, metric, baseline, deployment)
        yield Heading(3, f"What does shift to π₁ = {percent(deployment)} cost?")
        yield Picture(study_maps.over_pool(loss, "loss", title="change of that advantage"), f"loss{tag}")
        yield from map(Text, loss_claims(loss, deployment))
        yield from _of_counterfactual(by_pool, question, tag)
    summary = analysis.summaries(by_pool, metric, baseline, deployment)
    budget = max(int(evidence.labelled[-1]) for evidence in by_pool.values())
    yield from _of_labels(summary, question, budget, tag)
    matrix, names = analysis.penalties(by_pool, metric, deployment)
    if len(names) > 1:
        yield Heading(3, f"Who beats whom, at π₁ = {percent(deployment)}")
        yield Picture(study_maps.rank_map(analysis.ranks(summary)), f"ranks{tag}")
        names = [display_name(name) for name in names]
        yield Picture(budgets.penalty_heatmap(matrix, names, runs=len(by_pool)), f"penalties{tag}")


def _of_counterfactual(by_pool: EvidenceByPool, question: Question, tag: str) -> Iterator[Part]:
    metric, deployment = question.metric, question.test_prevalence
    frame = analysis.counterfactual(by_pool, metric, deployment, target=question.target)
    at, target = f"π₁ = {percent(deployment)}", frame["target"].iloc[0]
    yield Heading(3, f"Which pool gives the best model at {at}?")
    yield Text(
        "Models from pools at each π₀, all used there after the same number of labels. Dotted: the pool "
        "without shift."
    )
    title = f"AUBC ({METRIC_TITLES[metric]}) at {at}"
    yield Picture(study_maps.counterfactual(frame, deployment, title=title), f"counterfactual{tag}")
    yield from map(Text, counterfactual_claims(frame, deployment))
    yield Text(
        f"Labels to reach {METRIC_TITLES[metric]} {target:.3f}; a point at the whole budget means that it "
        "was not reached."
    )
    figure = study_maps.labels_to_target(frame, deployment, title=f"labels to {target:.3f}")
    yield Picture(figure, f"labels{tag}")


def _of_labels(summary: pd.DataFrame, question: Question, budget: int, tag: str) -> Iterator[Part]:
    yield Heading(3, "Enrichment and labels saved")
    figure = study_maps.over_pool(
        bounded(summary, "enrichment"), "enrichment", title="enrichment (×)", zero=1.0
    )
    yield Picture(figure, f"enrichment{tag}")
    attained = bounded(summary, "attained").dropna(subset=["attained"])
    if len(attained):
        yield Text("The share found of the defects that the queries could have found:")
        title = "found, as a share of the possible"
        yield Picture(study_maps.over_pool(attained, "attained", title=title, zero=None), f"attained{tag}")
    saved = bounded(summary, "saved", limit=budget).dropna(subset=["saved"])
    if len(saved):
        title = f"labels saved at π₁ = {percent(question.test_prevalence)}"
        yield Picture(study_maps.over_pool(saved, "saved", title=title), f"saved{tag}")


def bounded(summary: pd.DataFrame, column: str, limit: float = np.inf) -> pd.DataFrame:
    """A summary's column with its bounds as low and high, for `study_maps.over_pool`.

    Args:
        limit: where open bounds are drawn to end.
    """
    bounds = {name: summary[f"{column}_{name}"].clip(-limit, limit) for name in ("low", "high")}
    value = summary[column]  # where it is itself a bound, the interval need not hold it
    bounds = {"low": bounds["low"].clip(upper=value), "high": bounds["high"].clip(lower=value)}
    return summary[["pool_prevalence", "strategy", column]].assign(**bounds)


def color_limit(grid: pd.DataFrame) -> float:
    """Where the colours of advantage maps end: at the largest advantage, and not below 0.02."""
    return max(0.02, float(grid["advantage"].abs().max()))


def _of_provenance(
    reader: StudyReader, question: Question, cells: list[Cell], by_pool: EvidenceByPool
) -> Iterator[Part]:
    plan, environment = reader.plan, reader.environment()
    pool, evidence = next(iter(by_pool.items()))
    config = next(cell.config for cell in cells if cell.config.pool_prevalence == pool)
    axes = "; ".join(f"{key}: {', '.join(map(str, values))}" for key, values in plan.grid.items())
    yield Text(
        f"A grid over {axes or 'a single cell'}. The following describes one cell; all were run in the "
        "same way."
    )
    yield Text(methods_paragraph(config, evidence, question, device=environment.get("device", "unknown")))
    yield Heading(2, "Configuration and seeds")
    yield Code(plan.to_json())
    yield Text(
        f"The seed of the cells is {config.seed} unless the grid says otherwise; each repetition draws its "
        "own random streams from it."
    )
    yield Heading(2, "Environment")
    yield Code(json.dumps(environment, indent=2))


def as_html(reader: StudyReader, question: Question) -> str:
    """The report as one HTML page that needs nothing else, plotly included once."""
    body, has_plotly = [], False
    for part in parts_of(reader, question):
        match part:
            case Heading(level, text):
                body.append(f"<h{level}>{html.escape(text)}</h{level}>")
            case Text(text):
                body.append(f"<p>{_bold(html.escape(text))}</p>")
            case Code(text):
                body.append(f"<pre>{html.escape(text)}</pre>")
            case Table(frame):
                body.append(frame.to_html(index=False, border=0, float_format="{:.4g}".format, na_rep=""))
            case Picture(figure):
                body.append(
                    figure.to_html(
                        config=chart_config(displayModeBar="hover"),
                        full_html=False,
                        include_plotlyjs=not has_plotly,
                    )
                )
                has_plotly = True
    title = html.escape(f"Study {reader.directory.name}")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body>{''.join(body)}</body></html>\n"
    )


def _bold(text: str) -> str:
    return re.sub(r"[*]{2}(.+?)[*]{2}", r"<b>\1</b>", text)


def write_markdown(reader: StudyReader, question: Question, directory: Path) -> None:
    """Write report.md and its pictures as PNG files into a directory.

    Raises:
        StoreError: nothing to report, or no Chrome or Chromium to draw the pictures with.
    """
    lines, pictures = [], []
    for part in parts_of(reader, question):
        match part:
            case Heading(level, text):
                lines.append(f"{'#' * level} {text}")
            case Text(text):
                lines.append(text)
            case Code(text):
                lines.append(f"```\n{text.strip()}\n```")
            case Table(frame):
                lines.append(_as_markdown(frame))
            case Picture(figure, name):
                lines.append(f"![{name}]({name}.png)")
                pictures.append((figure, directory / f"{name}.png"))
    make_directory(directory)
    _draw(pictures)
    write_text(directory / "report.md", "\n\n".join(lines) + "\n")


def _draw(pictures: list[tuple[go.Figure, Path]]) -> None:
    with needs_extra("report"):
        import kaleido  # noqa: F401  plotly would say in three lines that it is missing
        import plotly.io  # takes its time to import

    figures, files = zip(*pictures, strict=True)
    for figure in figures:
        figure.update_layout(template="plotly_white")
    try:
        plotly.io.write_images(  # type: ignore[attr-defined] # which the stubs leave out
            list(figures), [str(file) for file in files], width=_WIDTH, scale=1.5
        )
    except (RuntimeError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise StoreError(
            f"the pictures cannot be drawn without Chrome or Chromium ({reason}); the HTML report needs none"
        ) from None


def _as_markdown(frame: pd.DataFrame) -> str:
    texts = frame.map(
        lambda value: "" if pd.isna(value) else f"{value:.4g}" if isinstance(value, float) else str(value)
    )
    rows = [list(frame.columns), ["---"] * len(frame.columns), *texts.to_numpy().tolist()]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows)
