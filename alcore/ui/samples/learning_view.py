"""Watch the model learn: predictions on fixed test patches, two strategies side by side, cycle by cycle."""

from __future__ import annotations

import time

import numpy as np
import streamlit as st

from alcore.experiment.cycle_key import CycleKey
from alcore.presentation.imaging import is_predicted, outlined, png
from alcore.ui import entrance, problems
from alcore.ui.gallery import places
from alcore.ui.samples.choose_query import choose_pair, cycle_slider
from alcore.ui.session import data_of_run, run_config, run_dataset, run_records
from alcore.wording import plural

_SECONDS_A_CYCLE = 1.5
_SIDE = 256


def show_learning(run_id: str) -> None:
    """A fixed set of test patches as two strategies' models see them; a slider, or Play, turns the cycles."""
    config = run_config(run_id)
    with st.sidebar:
        first, second, _ = choose_pair(run_id, config, "learn")
        names = [first] if second is None else [first, second]
        repetition = st.selectbox(
            "Repetition",
            range(1, config.repetitions + 1),
            key=f"learn_repetition-{run_id}",
            persist_state="page",
        )
        plays = st.toggle("Play", key=f"learn_play-{run_id}", disabled=config.cycles < 2)
        slider = st.container()

    def show() -> None:
        with slider:
            _turn(run_id, names[0], repetition, plays=plays)
            key = f"learn_cycle-{run_id}"
            cycle = cycle_slider("After cycle", run_id, key, names[0], repetition, start=config.cycles)
        with problems.contained():  # a fragment's own, or it would end the page
            _show_cycle(run_id, [CycleKey(repetition, cycle, name) for name in names])

    entrance.fragment(run_every=_SECONDS_A_CYCLE if plays else None)(show)()


def _turn(run_id: str, strategy: str, repetition: int, *, plays: bool) -> None:
    """While it plays, turn the slider to the next cycle that is done, and from the last to the first."""
    turned, slider = f"learn_turned-{run_id}", f"learn_cycle-{run_id}"
    if not plays or time.monotonic() - st.session_state.get(turned, 0) < 0.8 * _SECONDS_A_CYCLE:
        return
    done = len(run_records(run_id).committed_of(strategy, repetition))
    if done:
        st.session_state[slider] = st.session_state.get(slider, done) % done + 1
    st.session_state[turned] = time.monotonic()


def _show_cycle(run_id: str, keys: list[CycleKey]) -> None:
    there = set(run_records(run_id).committed())
    labels = plural(run_config(run_id).labelled_after(keys[0].cycle), "label")
    per_row = 6 // len(keys)
    for column, key in zip(st.columns(len(keys), gap="large"), keys):
        with column:
            if key not in there:
                st.info(f"{key.strategy} has not come to this cycle yet.")
                continue
            st.markdown(f"**{key.strategy}** after {labels}, on the same test patches:")
            pictures = _gallery(run_id, key, data_of_run(run_id))
            grid = places(len(pictures), per_row, key.stem)
            for place, (picture, caption) in zip(grid, pictures, strict=True):
                place.image(picture, caption=caption, width="stretch", alt=f"test patch, {caption}")
    st.caption("Yellow outline: true mask · blue outline: the model's prediction")


@st.cache_data(max_entries=64, show_spinner=False)
def _gallery(run_id: str, key: CycleKey, fingerprint: str) -> list[tuple[bytes, str]]:
    record = run_records(run_id)[key]
    patches = run_dataset(run_id)
    items = record.gallery_items
    pictures = []
    for image, mask, probability in zip(
        patches.images(items), patches.masks(items), record.gallery_probability, strict=True
    ):
        predicted = is_predicted(probability)
        both, either = np.count_nonzero(mask & predicted), np.count_nonzero(mask | predicted)
        caption = f"IoU {both / either:.3f}" if mask.any() else f"clean, {plural(int(either), 'false pixel')}"
        picture = outlined(image, side=_SIDE, truth=mask, prediction=predicted)
        pictures.append((png(picture), caption))
    return pictures
