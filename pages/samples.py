"""Samples: what was chosen, what the model said of it, and how the model learns."""

import streamlit as st

from alcore.errors import AlcoreError
from alcore.ui import samples
from alcore.ui.session import shown_run

run_id = samples.choose_run(shown_run())
if run_id is None:
    st.info("Nothing has been chosen yet: start a run in the Lab, and its queries appear here.")
else:
    chosen, learning = st.tabs(["Chosen patches", "Watch the model learn"], key="samples_view")
    try:
        with chosen:
            samples.show_chosen(run_id)
        with learning:
            samples.show_learning(run_id)
    except AlcoreError as error:
        st.error(str(error))
