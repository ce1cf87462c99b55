"""The Data page's line: why pools have another defect rate than the place where the model will work."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from alcore.access.roles import Action
from alcore.data.collection import dataset_names
from alcore.data.keep_rules import KEEP_RULES, Kept, keep, represented
from alcore.data.production_line import LineSettings, ProductionLine
from alcore.pools import largest_pool
from alcore.presentation.figures.kept_prevalence import RulePrevalence, kept_prevalence
from alcore.presentation.labels import PREVALENCES
from alcore.ui import acting_on_data, problems
from alcore.ui.choices import nearest_prevalence
from alcore.ui.data.browse import sheet
from alcore.ui.permitted import permission
from alcore.ui.session import dataset
from alcore.ui.stage import show_chart
from alcore.wording import as_plain_markdown, percent, plural

_PROBLEM = "line"
_MADE = "line-made"
_SHOWN = 24
_RATES = tuple(step for step in PREVALENCES if step <= 0.5)


@dataclass(frozen=True)
class _Outcome:
    """A line, and what each rule keeps of it."""

    line: ProductionLine
    kept: dict[str, Kept]


def show() -> None:
    """On the left the line, its storage and a rule; on the right what is kept."""
    left, right = st.columns([3, 7], gap="large")
    with left:
        name = st.selectbox("Images of", dataset_names(), key="line_set", bind="query-params")
        rule = st.selectbox(
            "What is kept",
            list(KEEP_RULES),
            format_func=lambda key: KEEP_RULES[key].title,
            key="line_rule",
            help="A line makes more images than can be stored. The images that a rule keeps are the pool.",
        )
        settings = _choose(rule)
        problem = st.container()
    with right:
        with st.spinner("The line is running"):
            outcome = _run(name, dataset(name).fingerprint, settings)
        _show_kept(outcome, rule)
    with left:
        _offer(outcome, rule)
    with problem:
        problems.show(_PROBLEM)


def _choose(rule: str) -> LineSettings:
    rate = st.select_slider("Defect rate of the line π₁", _RATES, 0.02, format_func=percent, key="line_rate")
    left, right = st.columns(2)
    pace = left.number_input("Images an hour", 1, 1_000_000, 1200, 100, key="line_pace")
    hours = right.number_input("Hours", 0.1, 10_000.0, 8.0, 1.0, key="line_hours")
    storage = left.number_input("Storage (images)", 2, 1_000_000, 600, 100, key="line_storage")
    seed = right.number_input("Seed", 0, 2**31, 0, key="line_seed")
    chosen: dict[str, Any] = {}
    uses = KEEP_RULES[rule].uses
    if "every" in uses:
        chosen["every"] = st.number_input("Keep every n-th image", 1, 10_000, 5, key="line_every")
    if "sees" in uses:
        chosen["sees"] = _share(left, "Large defects seen (%)", 90.0, "line_sees", _SEES)
        chosen["false_press"] = _share(right, "False alarms (%)", 1.0, "line_false", _FALSE)
    if "before" in uses:
        chosen["before"] = left.number_input("Images before", 0, 10_000, 5, key="line_before")
        chosen["after"] = right.number_input("Images after", 0, 10_000, 5, key="line_after")
    return LineSettings(
        defect_rate=rate, images_per_hour=pace, hours=hours, storage=storage, seed=seed, **chosen
    )


_SEES = "Chance that a very large defect is seen; one of the median size is seen half as often."
_FALSE = "Chance that a clean image is mistaken for a defective one."


def _share(
    place: st.delta_generator.DeltaGenerator, title: str, start: float, key: str, explanation: str
) -> float:
    return place.number_input(title, 0.0, 100.0, start, key=key, help=explanation) / 100


@st.cache_resource(max_entries=8, show_spinner=False)
def _run(name: str, fingerprint: str, settings: LineSettings) -> _Outcome:
    line = ProductionLine(dataset(name), settings)
    return _Outcome(line, {rule: keep(line, rule) for rule in KEEP_RULES})


def _show_kept(outcome: _Outcome, rule: str) -> None:
    line, kept = outcome.line, outcome.kept[rule]
    facts = {
        "images made": f"{line.items.size:,}",
        "defective": f"{int(line.defective.sum()):,}",
        "kept": f"{kept.items.size:,}",
        "of them defective": f"{kept.defective:,}",
        "π₀ of the pool": percent(kept.prevalence),
        "kept until": f"{kept.hours:.3g} h",
    }
    for column, (label, value) in zip(st.columns(len(facts)), facts.items()):
        column.metric(label, value)
    if line.ran_out:
        st.caption(
            f"The line stopped after {line.hours:.3g} h: {as_plain_markdown(line.patches.name)} has no more "
            "images to show. Make a larger set for a longer shift."
        )
    rules = [
        RulePrevalence(KEEP_RULES[name].title, one.prevalence, one.expected)
        for name, one in outcome.kept.items()
    ]
    figure = kept_prevalence(rules, chosen=KEEP_RULES[rule].title, line=line.settings.defect_rate)
    rates = "; ".join(f"{one.title} {percent(one.realised)}" for one in rules)
    show_chart(figure, "line-rules", alt=f"π₀ that each rule leaves: {rates}", fits_window=False)
    st.caption(f"{KEEP_RULES[rule].help} {KEEP_RULES[rule].formula}: {percent(kept.expected)}.")
    table, pictures = st.columns([5, 6], gap="medium")
    with table:
        _show_represented(line, kept)
    with pictures:
        if kept.items.size:
            first = kept.items[:_SHOWN]
            st.image(sheet(line.patches, first, columns=8), width="stretch", alt="the first images kept")
            st.caption(f"The first {plural(first.size, 'image')} kept, in their order; masks outlined.")


def _show_represented(line: ProductionLine, kept: Kept) -> None:
    rows = represented(line, kept)
    shown = pd.DataFrame(
        {
            "Defects": rows["group"],
            "On the line": rows["line"].map(_share_text),
            "Kept": rows["kept"].map(_share_text),
            "Factor": rows["factor"].map(lambda factor: "" if math.isnan(factor) else f"{factor:.2f}"),
        }
    )
    st.dataframe(shown, hide_index=True, height=35 * (len(shown) + 1) + 3)


def _share_text(share: float) -> str:
    return "" if math.isnan(share) else percent(share)


def _offer(outcome: _Outcome, rule: str) -> None:
    """Make a data set of it, and take it to the Lab."""
    name = st.text_input("Name of the pool", key="line_name", placeholder="for the Lab").strip()
    wants = st.button("Make this pool", type="primary", key="make-pool", **permission(Action.MAKE_DATA))
    if wants and problems.attempt(_PROBLEM, acting_on_data.make_pool, name, outcome.line, outcome.kept[rule]):
        st.session_state[_MADE] = (name, _lab_link(name, outcome.line, outcome.kept[rule]))
    if made := st.session_state.get(_MADE):
        st.success(f"{made[0]} is ready.")
        st.page_link(
            "pages/lab.py", label="Open it in the Lab", icon=":material/science:", query_params=made[1]
        )


def _lab_link(name: str, line: ProductionLine, kept: Kept) -> dict[str, str]:
    """The Lab with this pool, as large as it is at the step of the slider that is nearest to its π₀."""
    prevalence = nearest_prevalence(kept.prevalence)
    size = largest_pool(kept.defective, kept.items.size - kept.defective, prevalence)
    rate = nearest_prevalence(line.settings.defect_rate)
    return {"data": name, "pool": str(size), "pi0": percent(prevalence), "pi1": percent(rate)}
