"""Images drawn from a run's test patches: to test the meter where the answer is known."""

from __future__ import annotations

import streamlit as st

from alcore.errors import StoreError
from alcore.experiment.cycle_key import CycleKey
from alcore.presentation.labels import PREVALENCES
from alcore.statistics.metering import FEWEST, draw_stream
from alcore.statistics.priors import Scored
from alcore.streams import Purpose, stream
from alcore.ui.choices import TEST_PREVALENCE
from alcore.ui.meter.metered import Metered
from alcore.ui.session import run_records
from alcore.wording import percent

_DRAW = "meter_draw"
_HELP = "At most all test patches. None is drawn twice, so there may be fewer if one class runs out."
_HIDDEN = tuple(step for step in PREVALENCES if 0.005 <= step <= 0.5)


def draw_images(run_id: str, key: CycleKey) -> Metered:
    """The controls of a stream, and its scores: those that the test patches have in the run's records.

    Raises:
        StoreError: the run kept no validation patches.
    """
    record = run_records(run_id)[key]
    validation = record.validation
    if validation is None:
        raise StoreError(
            "this run kept no validation patches, which the meter needs: it predates them, or its "
            "validation split lacks a class; start a new run"
        )
    with st.sidebar:
        is_hidden = st.toggle(
            "Hide π₁",
            key="meter_hidden",
            help="It is drawn between 0.5 % and 50 %: a blind test of the meter.",
        )
        chosen = None if is_hidden else _choose_prevalence()
        most = int(record.test_items.size)
        wanted = st.slider("Images", FEWEST, most, most, key=f"meter_size-{run_id}", help=_HELP)
        st.button("Draw again", icon=":material/casino:", key="meter_again", on_click=_draw_others)
        is_revealed = not is_hidden or st.toggle("Reveal π₁", key="meter_reveal")
    rng = stream(st.session_state.get(_DRAW, 0), Purpose.METER)
    hidden = _HIDDEN[int(rng.integers(len(_HIDDEN)))]
    prevalence = hidden if chosen is None else chosen
    rows = draw_stream(record.test_defective, prevalence=prevalence, size=wanted, rng=rng)
    defects = int(record.test_defective[rows].sum())
    text = f"Drawn at π₁ = **{percent(prevalence)}**: {defects} of {rows.size} are defective."
    if rows.size < wanted:
        text += f" There are too few test patches for {wanted} at that π₁."
    return Metered(
        key.strategy,
        key.cycle,
        Scored(validation.max_probability, validation.defective),
        record.max_probability[rows],
        truth=text if is_revealed else "Drawn at a hidden π₁.",
    )


def _choose_prevalence() -> float:
    return st.select_slider(
        TEST_PREVALENCE,
        PREVALENCES,
        0.05,
        format_func=percent,
        key="meter_prevalence",
        help="Share of defective images among those drawn.",
        persist_state="page",
    )


def _draw_others() -> None:
    st.session_state[_DRAW] = st.session_state.get(_DRAW, 0) + 1
    st.session_state["meter_reveal"] = False
