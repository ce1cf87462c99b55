"""The Study page's views of finished cells, one a tab; only the open one is computed."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from alcore.errors import AlcoreError
from alcore.presentation.figures import budgets, study_maps
from alcore.presentation.imaging import outlined, png
from alcore.presentation.labels import METRIC_TITLES, display_name
from alcore.presentation.sentences import gain_claims, judged_at, loss_claims
from alcore.statistics.comparison import Question, by_budget
from alcore.study import analysis
from alcore.study.analysis import EvidenceByPool
from alcore.study.plan import Cell
from alcore.study.reader import StudyReader
from alcore.study.report import as_html, bounded, color_limit, write_markdown
from alcore.ui.downloads import show_figure, show_table
from alcore.ui.session import dataset
from alcore.wording import as_plain_markdown, percent, plural

_STRIP, _SIDE = 10, 128


@dataclass(frozen=True)
class StudyView:
    """What a view draws: cells that differ in π₀ alone, those with results, and what is asked of them."""

    reader: StudyReader
    cells: list[Cell]
    column: EvidenceByPool
    question: Question

    @property
    def area(self) -> str:
        """The advantage's name on axes."""
        return f"AUBC ({METRIC_TITLES[self.question.metric]}) minus {self.question.baseline}'s"

    def cell_at(self, pool: float) -> Cell:
        """The cell at a π₀."""
        return next(cell for cell in self.cells if cell.config.pool_prevalence == pool)


def _show_map(view: StudyView) -> None:
    prevalences = tuple(sorted(view.reader.plan.test_prevalences))
    grid = analysis.advantage_grid(view.column, view.question.metric, view.question.baseline, prevalences)
    strategies = list(grid["strategy"].unique())
    if grid["advantage"].isna().all():
        st.info(
            f"There is no advantage over {view.question.baseline} to show: that takes another strategy, at "
            "least two cycles, and a metric that is defined in all of them."
        )
        return
    st.markdown(
        f"**Advantage over {view.question.baseline}** where defects are π₀ of the pool and π₁ of what the "
        "model is used on. **Bold**: the 95 % interval is clear of zero. *Italic* ○: it contains zero. "
        "Framed: no shift. Click a cell for its curves and images."
    )
    limit = color_limit(grid)
    columns = st.columns(min(2, len(strategies)))
    for index, strategy in enumerate(strategies):
        figure = study_maps.advantage_map(grid, strategy, title=view.area, limit=limit)
        with columns[index % len(columns)]:
            st.plotly_chart(
                figure,
                key=f"map-{strategy}",
                on_select=lambda strategy=strategy: _take_click(f"map-{strategy}"),
                selection_mode="points",
                config={"displayModeBar": False},
            )
    _show_cell(view, prevalences)


def _take_click(key: str) -> None:
    """Copy a clicked cell into the choice below, since a chart forgets it at its next drawing."""
    points = st.session_state[key]["selection"]["points"]
    if points:
        pool, use = points[0]["customdata"][:2]
        st.session_state["cell_pool"], st.session_state["cell_use"] = pool, use


def _show_cell(view: StudyView, prevalences: tuple[float, ...]) -> None:
    pools = list(view.column)
    if st.session_state.get("cell_pool") not in pools:
        st.session_state["cell_pool"] = pools[len(pools) // 2]
    if st.session_state.get("cell_use") not in prevalences:
        st.session_state["cell_use"] = prevalences[len(prevalences) // 2]
    st.markdown("##### One cell")
    with st.container(horizontal=True):
        pool = st.selectbox("Pool π₀", pools, key="cell_pool", format_func=percent, width=160)
        use = st.selectbox("Use π₁", prevalences, key="cell_use", format_func=percent, width=160)
    evidence = view.column[pool]
    question = Question(view.question.metric, use, view.question.baseline)
    curves = budgets.RunCurves("", by_budget(evidence, question))
    figure = budgets.budget_curves([curves], align="labelled", title=judged_at(question.metric, use))
    show_figure(figure, "cell-curves")
    _show_images(view, view.cell_at(pool))
    _offer_run(view, view.cell_at(pool))


def _show_images(view: StudyView, cell: Cell) -> None:
    """What the strategies chose in one cycle of one repetition, as far as the data set is here."""
    results = view.reader.results(cell.id)
    if results is None:
        return
    try:
        patches = dataset(cell.config.dataset)
    except AlcoreError:
        st.caption(
            f"The images of {as_plain_markdown(cell.config.dataset)} are not shown: the data set is not on "
            "this machine. Import it under that name to see them; the numbers above need none."
        )
        return
    if view.reader.data_fingerprint(cell) not in (None, patches.fingerprint):
        st.caption("The data set of that name here is not the study's: its images are not shown.")
        return
    with st.container(horizontal=True):
        repetition = st.selectbox(
            "Repetition", results.repetitions.tolist(), key="cell_repetition", width=160
        )
        cycle = st.slider(
            "Query", 1, cell.config.cycles, min(2, cell.config.cycles), key="cell_cycle", width=300
        )
    row = results.repetitions.tolist().index(repetition)
    for index, strategy in enumerate(cell.config.strategies):
        items, defective = results.items[row, index, cycle - 1], results.defective[row, index, cycle - 1]
        label, images = st.columns([1, 9], vertical_alignment="center")
        label.markdown(
            f"**{display_name(strategy)}**  \n{int(defective.sum())} of {items.size} patches defective"
        )
        shown = items[:_STRIP]
        pictures = zip(patches.images(shown), patches.masks(shown), strict=True)
        for column, (image, mask) in zip(images.columns(_STRIP), pictures, strict=False):
            column.image(png(outlined(image, side=_SIDE, truth=mask)), width="stretch")
    st.caption(f"The first {_STRIP} choices of the query, in order. Yellow outline: true mask.")


def _offer_run(view: StudyView, cell: Cell) -> None:
    run = view.reader.directory / "runs" / cell.id
    if run.exists():
        st.caption(f"The whole run of this cell is in `{run}`.")


def _show_imbalance(view: StudyView) -> None:
    gain = analysis.gain_without_shift(view.column, view.question.metric, view.question.baseline)
    if gain["advantage"].isna().all():
        st.info(f"There is nothing to lay against {view.question.baseline} yet.")
        return
    st.markdown("**Does it pay where defects are rare?** The models are used where π₁ = π₀: no shift.")
    show_figure(study_maps.over_pool(gain, "advantage", title=view.area), "study-gain")
    st.markdown("  \n".join(gain_claims(gain, view.question.baseline)))
    st.caption(_basis(view))


def _show_shift(view: StudyView) -> None:
    metric, used, baseline = view.question.metric, view.question.test_prevalence, view.question.baseline
    loss = analysis.loss_under_shift(view.column, metric, baseline, used)
    if loss["loss"].isna().all():
        st.info(f"There is nothing to lay against {baseline} yet.")
        return
    st.markdown(
        f"**What does shift cost?** The same models, used at π₁ = {percent(used)} instead of at the pool's "
        f"π₀: how their advantage over {baseline} changes. Below zero, shift took part of the gain."
    )
    figure = study_maps.over_pool(loss, "loss", title=f"change of advantage at π₁ = {percent(used)}")
    show_figure(figure, "study-loss")
    st.markdown("  \n".join(loss_claims(loss, used)))
    st.caption(_basis(view))


def _show_labels(view: StudyView) -> None:
    summary = _summary(view)
    st.markdown(
        "**Enrichment**: how many times more defective patches the queries held than random ones would."
    )
    figure = study_maps.over_pool(
        bounded(summary, "enrichment"), "enrichment", title="enrichment (×)", zero=1.0
    )
    show_figure(figure, "study-enrichment")
    budget = max(int(evidence.labelled[-1]) for evidence in view.column.values())
    saved = bounded(summary, "saved", limit=budget).dropna(subset=["saved"])
    used = percent(view.question.test_prevalence)
    st.markdown(
        f"**Labels saved** against {view.question.baseline} at π₁ = {used}: labels that the baseline needs "
        "to reach a strategy's own final value, minus the strategy's."
    )
    if saved.empty:
        st.info("No strategy has a number of labels saved here.")
        return
    show_figure(study_maps.over_pool(saved, "saved", title=f"labels saved at π₁ = {used}"), "study-saved")
    st.caption(f"Bounds at the whole budget, {budget} labels, are open.")
    censored = summary[summary["saved_bound"] != ""]
    if len(censored):
        words = [
            f"{display_name(row.strategy)} at π₀ {percent(row.pool_prevalence)} ({row.saved_bound})"
            for row in censored.itertuples()
        ]
        st.caption(f"Only bounds are known for {'; '.join(words)}: one of the two never gets there.")


def _show_ranks(view: StudyView) -> None:
    used = percent(view.question.test_prevalence)
    st.markdown(f"**Places** by {view.area.split(' minus')[0]} at π₁ = {used}; 1 is the best.")
    show_figure(study_maps.rank_map(analysis.ranks(_summary(view))), "study-ranks")
    matrix, names = analysis.penalties(view.column, view.question.metric, view.question.test_prevalence)
    if len(names) < 2:
        return
    st.markdown(
        "**Who beats whom.** Share of budgets at which the row's strategy is significantly above the "
        f"column's, added up over {plural(len(view.column), 'cell')}."
    )
    names = [display_name(name) for name in names]
    show_figure(budgets.penalty_heatmap(matrix, names, runs=len(view.column)), "study-penalties")


def _show_report(view: StudyView) -> None:
    st.markdown(
        "Figures, tables, configuration, environment, seeds, methods text and citation, for the metric, "
        f"baseline and π₁ = {percent(view.question.test_prevalence)} chosen above, over the whole study_maps."
    )
    name = view.reader.directory.name
    with st.container(horizontal=True):
        st.download_button(
            "Report as one HTML page",
            lambda: as_html(view.reader, view.question),
            file_name=f"{name}.html",
            mime="text/html",
            icon=":material/download:",
            on_click="ignore",
            help="Opens anywhere, without this dashboard and without a network.",
        )
        st.download_button(
            "Report as Markdown with PNGs",
            lambda: _zipped_markdown(view),
            file_name=f"{name}.zip",
            mime="application/zip",
            icon=":material/download:",
            on_click="ignore",
            help="A zip file. Drawing the pictures takes about half a minute, and Chrome or Chromium.",
        )
        st.download_button(
            "cells.csv",
            lambda: _csv(view.reader.directory / "cells.csv"),
            file_name=f"{name}-cells.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
    show_table(view.reader.table(), f"{name}-summary")


def _csv(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""


def _zipped_markdown(view: StudyView) -> bytes:
    buffer = io.BytesIO()
    with tempfile.TemporaryDirectory(prefix="alcore-report-") as scratch:
        try:
            write_markdown(view.reader, view.question, Path(scratch))
        except AlcoreError as error:
            (Path(scratch) / "report.md").write_text(str(error) + "\n", encoding="utf-8")
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(Path(scratch).iterdir()):
                archive.write(path, path.name)
    return buffer.getvalue()


def _summary(view: StudyView) -> pd.DataFrame:
    question = view.question
    return analysis.summaries(view.column, question.metric, question.baseline, question.test_prevalence)


def _basis(view: StudyView) -> str:
    counts = np.array([evidence.repetitions for evidence in view.column.values()])
    if (counts == 1).any():
        return "Where a cell has one repetition, its interval is over test patches alone: too narrow."
    few = plural(int(counts.min()), "repetition")
    most = "" if counts.min() == counts.max() else f" to {counts.max()}"
    return f"95 % intervals over {few}{most} a cell, paired between strategies."


VIEWS: dict[str, Callable[[StudyView], None]] = {
    "Map": _show_map,
    "Imbalance": _show_imbalance,
    "Shift": _show_shift,
    "Labels": _show_labels,
    "Ranks": _show_ranks,
    "Report": _show_report,
}

AT_ONE_PREVALENCE = {"Shift", "Labels", "Ranks", "Report"}
"""Views of one π₁; the others show all, or none."""
