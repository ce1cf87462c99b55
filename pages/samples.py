"""Samples: what was chosen, why, and how the model learns."""

from functools import partial

import streamlit as st

from alcore.ui.samples import chosen_patches, why
from alcore.ui.session import shown_run
from alcore.ui.tabs import show_tabs

VIEWS = {
    "Chosen patches": chosen_patches.show_chosen,
    "Why this one?": why.show_why,
    "Watch the model learn": chosen_patches.show_learning,
}

run_id = chosen_patches.choose_run(shown_run())
if run_id is None:
    st.info("Nothing has been chosen yet: start a run in the Lab, and its queries appear here.")
else:
    show_tabs({title: partial(show, run_id) for title, show in VIEWS.items()}, "samples_view")
