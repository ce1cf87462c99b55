"""Samples: what was chosen, why, and how the model learns."""

import streamlit as st

from alcore.errors import AlcoreError
from alcore.ui.samples import chosen_patches, why
from alcore.ui.session import shown_run

VIEWS = {
    "Source patches": chosen_patches.show_chosen,
    "Why this one?": why.show_why,
    "Watch the model learn": chosen_patches.show_learning,
}

run_id = chosen_patches.choose_run(shown_run())
if run_id is None:
    st.info("Nothing has been chosen yet: start a run in the Lab, and its queries appear here.")
else:
    tabs = st.tabs(list(VIEWS), key="samples_view", on_change="rerun", bind="query-params")
    for tab, show in zip(tabs, VIEWS.values(), strict=True):
        if tab.open:
            with tab:
                try:
                    show(run_id)
                except AlcoreError as error:
                    st.error(str(error))
