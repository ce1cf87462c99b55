"""A data set's card, and the actions on the set: note, save, rename, delete."""

from __future__ import annotations

import streamlit as st

from alcore.access.roles import Action
from alcore.data.collection import (
    SYNTHETIC,
    About,
    read_about,
)
from alcore.data.feature_shelf import kept_stores
from alcore.data.patches import Patches
from alcore.presentation.data_card import DataCard, card_mosaic, card_zip, make_card
from alcore.ui import acting_on_data, problems
from alcore.ui.downloads import save_button
from alcore.ui.permitted import permission
from alcore.ui.session import dataset
from alcore.wording import as_plain_markdown, percent, plural, size_in_words

PROBLEM = "data-card"
"""Where the page says what went wrong with a data set."""

RENAMED = "set_renamed"
"""In the session: the name that the choice of a data set turns to, before it is drawn the next time."""


def show(name: str, patches: Patches) -> None:
    """The card; on the right who may use it, and what can be done with it."""
    about = read_about(name)
    card, picture = _card(name, patches.fingerprint, about), _mosaic(name, patches.fingerprint)
    left, right = st.columns([6, 4], gap="large")
    with left:
        st.image(picture, width="stretch", alt="some patches of the data set, masks outlined")
        _show_groups(card)
    with right:
        _show_facts(card)
        _note(name, about)
        with st.container(horizontal=True):
            save_button(
                "Card",
                lambda: card_zip(card, picture),
                f"{name}-card.zip",
                "application/zip",
                key="save-card",
            )
            if name != SYNTHETIC:
                _offer_rename(name)
                _offer_delete(name)
        _show_kept(name, patches.fingerprint)


@st.cache_data(max_entries=8, show_spinner="Comparing patches")
def _card(name: str, fingerprint: str, about: About) -> DataCard:
    return make_card(dataset(name), about)


@st.cache_data(max_entries=8, show_spinner=False)
def _mosaic(name: str, fingerprint: str) -> bytes:
    return card_mosaic(dataset(name))


def _show_groups(card: DataCard) -> None:
    if len(card.groups) > 1:
        shown = card.groups.assign(prevalence=card.groups["prevalence"].map(percent))
        st.dataframe(shown.rename(columns=str.capitalize), hide_index=True)


def _show_facts(card: DataCard) -> None:
    low, middle, high = card.sizes[1:4]
    sentences = [
        f"Half of the defects cover {percent(low)} to {percent(high)} of their patch, the median one "
        f"{percent(middle)}.",
        *card.warnings,
        *card.facts,
    ]
    if card.about.former:
        sentences.append(f"Formerly {', '.join(card.about.former)}.")
    st.caption("  \n".join(as_plain_markdown(sentence) for sentence in sentences))


def _note(name: str, about: About) -> None:
    if name == SYNTHETIC:
        return
    with st.form(f"about-{name}", border=True):
        may = permission(Action.ANNOTATE_DATA)
        source = st.text_input("Source", about.source, key=f"about-source-{name}", max_chars=4000, **may)
        licence = st.text_input("Licence", about.licence, key=f"about-licence-{name}", max_chars=4000, **may)
        note = st.text_area("Note", about.note, key=f"about-note-{name}", height=80, max_chars=4000, **may)
        if st.form_submit_button("Save notes", **may) and problems.attempt(
            PROBLEM, acting_on_data.note_data, name, source, licence, note
        ):
            st.rerun()


def _offer_rename(name: str) -> None:
    may = permission(Action.ANNOTATE_DATA)
    with st.popover("Rename", **may):
        st.markdown("Runs that were made with it still find it.")
        new = st.text_input("New name", key=f"rename-to-{name}", max_chars=64).strip()
        wants = st.button("Rename it", key=f"rename-data-{name}", **may)
        if wants and problems.attempt(PROBLEM, acting_on_data.rename_data, name, new):
            st.session_state[RENAMED] = new
            st.rerun()


def _offer_delete(name: str) -> None:
    may = permission(Action.DELETE_DATA)
    with st.popover("Delete", **may):
        st.markdown("Runs that were made with it stay, but their images are gone.")
        st.button("Delete it", key=f"delete-data-{name}", on_click=_delete, args=(name,), **may)


def _show_kept(name: str, fingerprint: str) -> None:
    """The kept features of its patches, which can be removed: a run that needs them computes them again."""
    stores = [store for store in kept_stores() if store.fingerprint == fingerprint]
    if not stores:
        return
    total = size_in_words(sum(store.size for store in stores))
    with st.expander(f"Kept features: {total}"):
        st.caption("The output of frozen encoders for the patches. A run that needs it computes it again.")
        for store in stores:
            words, button = st.columns([7, 3], vertical_alignment="center")
            use = ", in use" if store.in_use else ""
            text = f"{store.encoder}: {plural(store.views, 'patch')}, {size_in_words(store.size)}{use}"
            words.markdown(as_plain_markdown(text))
            button.button(
                "Remove",
                key=f"remove-features-{store.name}",
                on_click=problems.attempt,
                args=(PROBLEM, acting_on_data.remove_features, name, store.name),
                **permission(Action.DELETE_DATA),
            )


def _delete(name: str) -> None:
    problems.attempt(PROBLEM, acting_on_data.delete_data, name)
    st.session_state.pop("set", None)
