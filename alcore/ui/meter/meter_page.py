"""The Meter page: π₁ of images without labels, with intervals, doubts, and a way to use it."""

from __future__ import annotations

import numpy as np
import streamlit as st

from alcore.errors import StoreError
from alcore.experiment.cycle_key import CycleKey
from alcore.presentation.figures.score_mixture import score_mixture
from alcore.presentation.labels import PREVALENCES, display_name
from alcore.presentation.meter_sentences import (
    BOX,
    LIKELIHOOD,
    doubts,
    interval_in_words,
    share_in_words,
    what_is_not_assumed,
    which_is_used,
)
from alcore.statistics.error_costs import Belief
from alcore.statistics.estimands import Estimate
from alcore.statistics.metering import Reading, read_meter
from alcore.statistics.priors import Scored
from alcore.ui.choices import nearest_prevalence
from alcore.ui.decide_link import link_of_belief
from alcore.ui.downloads import show_figure
from alcore.ui.meter.drawn_stream import draw_images
from alcore.ui.meter.metered import Metered
from alcore.ui.meter.uploaded import upload_images
from alcore.ui.run_choice import choose_run
from alcore.ui.session import run_config, run_records, shown_run
from alcore.wording import percent, plural

_REPETITION = 1
_DRAWN, _UPLOADED = "Drawn, to try it", "Uploaded"
_HELP = {
    BOX: "From the share of images that are flagged at one threshold, given the detection and false-alarm "
    "rates on validation (Lipton, Wang & Smola 2018).",
    LIKELIHOOD: "From all scores: the share at which they are likeliest, where Saerens's EM ends (Saerens, "
    "Latinne & Decaestecker 2002). The narrower of the two; biased where few validation images are "
    "defective.",
}


def show() -> None:
    """Which model, which images; and what they say."""
    run_id = choose_run(shown_run(), "meter")
    with st.sidebar:
        key = _choose_model(run_id)
        source = st.segmented_control(
            "Images",
            [_DRAWN, _UPLOADED],
            default=_DRAWN,
            required=True,
            key="meter_source",
            bind="query-params",
        )
    st.markdown(
        "**How many of the images in use are defective?** Estimated without labels, from a model's scores."
    )
    metered = upload_images(run_id, key.strategy) if source == _UPLOADED else draw_images(run_id, key)
    if metered is not None:
        _show_reading(run_id, metered)


def _choose_model(run_id: str) -> CycleKey:
    """The last model of a strategy, in the first repetition."""
    names = run_config(run_id).strategies
    strategy = st.selectbox(
        "Scored by the last model of",
        names,
        len(names) - 1,
        format_func=display_name,
        key=f"meter_strategy-{run_id}",
        help="That of the first repetition.",
        persist_state="page",
    )
    done = run_records(run_id).committed_of(strategy, _REPETITION)
    if not done:
        raise StoreError(f"{strategy} has not finished a cycle, so there is no model yet; let the run go on")
    return done[-1]


def _show_reading(run_id: str, metered: Metered) -> None:
    reading = _read(metered.validation.scores, metered.validation.defective, metered.scores)
    box, likelihood, use = st.columns([3, 3, 4], gap="medium", vertical_alignment="bottom")
    for column, name, estimate in (
        (box, BOX, reading.box),
        (likelihood, LIKELIHOOD, reading.likelihood),
    ):
        with column:
            _show_estimate(name, estimate)
    with use:
        if metered.truth:
            st.markdown(metered.truth)
        _offer_use(run_id, reading)
    for sentence in doubts(reading, images=metered.images):
        st.warning(f"{sentence[0].upper()}{sentence[1:]}.", icon=":material/warning:")
    show_figure(score_mixture(reading), "score-mixture")
    st.caption(
        f"{_looked_at(metered)}, scored by {display_name(metered.strategy)}'s model after cycle "
        f"{metered.cycle}; calibrated against {plural(reading.validation.scores.size, 'validation patch')}, "
        f"{int(reading.validation.defective.sum())} of them defective. Diamonds: the images; bars: what the "
        "π₁ that is used expects of the two classes, as they score on validation. How well a mixture "
        f"explains the images: p = {reading.misfit:.2g}; below 0.01 the page warns.  \n"
        + what_is_not_assumed(metered.strategy)
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _read(validation: np.ndarray, defective: np.ndarray, scores: np.ndarray) -> Reading:
    return read_meter(Scored(validation, defective), scores)


def _show_estimate(name: str, estimate: Estimate) -> None:
    st.metric(f"π₁, {name}", share_in_words(estimate.value), help=_HELP[name])
    st.caption(interval_in_words(estimate))


def _looked_at(metered: Metered) -> str:
    patches = plural(metered.scores.size, "patch")
    return patches if metered.images is None else f"{patches} of {plural(metered.images, 'image')}"


def _offer_use(run_id: str, reading: Reading) -> None:
    """Buttons that take the estimate to the sliders of other pages, at the nearest of their steps."""
    said = which_is_used(reading)
    st.caption(f"{said[0].upper()}{said[1:]}.")
    if np.isnan(reading.used.value):
        return
    text = percent(nearest_prevalence(reading.used.value, PREVALENCES))
    with st.container(horizontal=True):
        if st.button(f"Use π₁ = {text} in the Lab", type="primary", key="meter_to_lab"):
            st.switch_page("pages/lab.py", query_params={"run": run_id, "pi1": text})
        if st.button("in Compare", key="meter_to_compare"):
            st.switch_page("pages/compare.py", query_params={"runs": run_id, "pi1": text})
        belief = Belief(reading.used.value, reading.used.low, reading.used.high)
        if st.button("Decide with its interval", key="meter_to_decide", icon=":material/payments:"):
            st.switch_page("pages/decide.py", query_params={"run": run_id} | link_of_belief(belief))
