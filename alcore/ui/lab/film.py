"""A finished run played again in the place of the Lab's charts."""

from __future__ import annotations

import streamlit as st

from alcore.errors import DataError
from alcore.experiment.cycle_key import CycleKey
from alcore.presentation.imaging import webp
from alcore.presentation.live_chart.replay import Film, QueryStrip, replay
from alcore.ui.gallery import picked_in_words, strip_picture
from alcore.ui.lab.charts import keep_point, take_prevalence
from alcore.ui.live import show_player
from alcore.ui.session import (
    data_of_run,
    record_count,
    run_config,
    run_dataset,
    run_evidence,
    run_records,
    run_selections,
    run_tables,
)

_SIDE = 72  # pixels of a patch in a strip, at which it is shown


def show(run_id: str, *, test_prevalence: float, name: str = "film", waits_after: int | None = None) -> None:
    """The film of a finished run, which begins to play by itself.

    Args:
        test_prevalence: at which the curves are shown, and of which the sentences speak.
        name: of the film: one of another name starts again.
        waits_after: the cycle beyond which it does not go.
    """
    with st.container(key="film"):
        film = _film(run_id, test_prevalence, record_count(run_id), _data_here(run_id))
        show_player(
            film | {"waits_after": waits_after},
            f"{name}-{run_id}",
            on_point=keep_point,
            on_prevalence=take_prevalence,
        )


@st.cache_data(max_entries=16, show_spinner=False)  # a megabyte each
def _film(run_id: str, test_prevalence: float, records: int, fingerprint: str) -> Film:
    config, evidence = run_config(run_id), run_evidence(run_id, records)
    if evidence is None:
        raise DataError("the run has no finished cycle to play")
    return replay(
        config,
        evidence,
        selections=run_selections(run_id, records),
        each=run_tables(run_id).evaluations(),
        strips=_strips(run_id, fingerprint),
        test_prevalence=test_prevalence,
        plays=True,
    )


def _data_here(run_id: str) -> str:
    """The fingerprint of the run's data set; '' where it is gone."""
    try:
        return data_of_run(run_id)
    except DataError:
        return ""


@st.cache_data(max_entries=4, show_spinner=False)
def _strips(run_id: str, fingerprint: str) -> dict[tuple[str, int], QueryStrip]:
    """The first repetition's queries; none where the data set is gone."""
    config = run_config(run_id)
    if not fingerprint:
        return {}
    keys = [CycleKey(1, cycle, name) for cycle in range(1, config.cycles + 1) for name in config.strategies]
    return {(key.strategy, key.cycle): _strip(run_id, key) for key in keys}


def _strip(run_id: str, key: CycleKey) -> QueryStrip:
    query = run_records(run_id)[key]
    picture = strip_picture(run_dataset(run_id), query.items, query.defective, side=_SIDE)
    return QueryStrip(
        webp(picture),
        f"{int(query.defective.sum())} of {query.items.size} defective",
        f"Query {key.cycle} of {key.strategy}: {picked_in_words(query.items, query.defective)}",
    )
