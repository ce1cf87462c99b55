"""The Methods page: the definitions, read from the docstrings of the functions that compute them."""

from __future__ import annotations

import inspect
import re

import streamlit as st

from alcore import metrics
from alcore.acquisition import get_strategy, strategy_names
from alcore.experiment import pool_map
from alcore.presentation.labels import METRIC_TITLES
from alcore.presentation.methods_text import BIBTEX, CITATION
from alcore.statistics import (
    anytime,
    betting,
    budget_units,
    calibration,
    chance,
    detection,
    drawn_tests,
    estimands,
    multiplicity,
    operating,
    planning,
    priors,
    remedies,
    resampling,
    sample,
    savings,
    shared_tests,
    stopping,
)
from alcore.study import analysis


def _title(metric: str) -> str:
    return rf"\mathrm{{{METRIC_TITLES[metric]}}}"


def _fraction(ratio: metrics.Ratio) -> str:
    r"""LaTeX of a metric's formula, such as \frac{TP}{TP+FP+FN}."""
    part, whole = (
        "+".join(
            (f"{weight}\\," if weight != 1 else "") + count.upper()
            for weight, count in zip(weights, metrics.COUNTS, strict=True)
            if weight
        )
        for weights in ratio
    )
    return rf"\frac{{{part}}}{{{whole}}}"


_CHAPTERS: dict[str, tuple[tuple[str, object, str], ...]] = {
    "Metrics at a prevalence": (
        (
            "Label shift without another forward pass",
            metrics,
            r"\bar c(\pi) = \pi \,\overline{c}_{\text{defective}} + (1-\pi)\,\overline{c}_{\text{clean}}",
        ),
        (
            f"{', '.join(METRIC_TITLES[name] for name in metrics.METRICS)} of the defect class",
            metrics.metrics_from_counts,
            r",\quad ".join(f"{_title(name)} = {_fraction(ratio)}" for name, ratio in metrics.RATIOS.items()),
        ),
        ("Mean IoU over defective patches (patch IoU)", metrics.patch_iou, ""),
    ),
    "Curves and labels": (
        (
            "AUBC",
            estimands.aubc,
            r"\mathrm{AUBC} = \frac{1}{b_C - b_1}\sum_{c=2}^{C} (b_c - b_{c-1})\,\frac{m_c + m_{c-1}}{2}",
        ),
        ("Labels to reach a target", savings.labels_to_reach, ""),
        ("Labels saved", savings.labels_saved, ""),
        ("Enrichment", savings.enrichment, ""),
        ("Share of the defects within reach", savings.attained, ""),
        ("The band of chance", chance, ""),
        ("The budget in other units", budget_units, ""),
        ("When to stop", stopping, ""),
    ),
    "How sure one can be": (
        ("Intervals", resampling, ""),
        (
            "Test patches that repetitions share",
            shared_tests,
            r"\frac{S^2}{R} + \overline{\mathrm{cov}}_{r \ne s}",
        ),
        ("Effective number of test patches", shared_tests.effective_size, ""),
        ("Paired tests", sample.Sample.p_values, ""),
        ("The share of false discoveries", multiplicity.false_discovery, ""),
        ("Holm's correction", multiplicity.holm, ""),
        ("The smallest detectable difference", multiplicity.detectable, ""),
        ("Valid at any moment", anytime, ""),
        ("Without a distribution", betting, ""),
        ("How many repetitions", planning, ""),
        ("Penalty matrix", multiplicity.penalty_matrix, ""),
    ),
    "Studies": (
        ("Cost of shift", analysis.loss_under_shift, ""),
        ("The counterfactual pool", analysis.counterfactual, ""),
        ("Ranks", analysis.ranks, ""),
    ),
    "Thresholds and probabilities": (
        ("Operating rules", operating, ""),
        ("How much of a loss is only a threshold", operating.recovered, ""),
        ("Correcting the prior, scaling the temperature", remedies, ""),
        ("Area under the precision-recall curve", calibration.average_precision, ""),
        ("Calibration error", calibration.calibration_error, r"\sum_k s_k \,|p_k - f_k|"),
        ("The paper's drawn test sets", drawn_tests, ""),
        ("π₁ from images without labels", priors, ""),
    ),
    "Image by image": (
        ("Detection and false alarms", detection.rates_along, ""),
        ("Intervals of these rates", detection.at_threshold, ""),
        (
            "Precision of a flag",
            detection.image_precision,
            r"\mathrm{precision}(\pi) = \frac{\pi d}{\pi d + (1-\pi) f}",
        ),
    ),
    "The map of the pool": (
        ("Axes", pool_map.principal_axes, ""),
        ("Map and covering radius", pool_map.PoolMap, ""),
    ),
}
_READABLE_WIDTH = 900
_AFTER_PROSE = re.compile(r"^(Args|Returns|Raises|Yields):", re.MULTILINE)
_SOURCE = re.compile(r"^Source: (.*?)(?=\n\n|\Z)", re.MULTILINE | re.DOTALL)


def show() -> None:
    """All estimands, all strategies, and whom to cite."""
    with st.container(width=_READABLE_WIDTH):
        st.markdown("What every number means. The texts are those of the code that computes it.")
        for chapter, entries in _CHAPTERS.items():
            st.subheader(chapter, divider="gray")
            for title, thing, formula in entries:
                st.markdown(f"##### {title}")
                if formula:
                    st.latex(formula)
                st.markdown(prose_of(thing))
        _show_strategies()
        st.subheader("Citation", divider="gray")
        st.markdown(CITATION)
        st.code(BIBTEX, language="bibtex")


def prose_of(thing: object) -> str:
    """A docstring without what only a programmer needs: its prose and its source."""
    text = inspect.getdoc(thing) or ""
    source = _SOURCE.search(text)
    end = min((m.start() for m in (_AFTER_PROSE.search(text), source) if m), default=len(text))
    prose = text[:end].strip().replace("`", "")
    return prose + (f"\n\n*Source: {source[1].strip()}*" if source else "")


def _show_strategies() -> None:
    st.subheader("Strategies", divider="gray")
    for name in strategy_names():
        strategy = get_strategy(name)
        score = f" Score: {strategy.score_name}." if strategy.score_name else ""
        st.markdown(
            f"**{name}.** {strategy.help}{score}  \n*Source: {strategy.source}*  \n"
            f"*Differs from it: {strategy.departure}*"
        )
