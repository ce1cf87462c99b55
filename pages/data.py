"""Data: what there is to learn from, how to bring one's own, and how to make some."""

import streamlit as st

from alcore.errors import AlcoreError
from alcore.ui import data_sets, imports, logs, surfaces

VIEWS = {
    "Look": data_sets.show,
    "Import": imports.show,
    "Make surfaces": surfaces.show,
    "Logs": logs.show,
}

tabs = st.tabs(list(VIEWS), key="data_view", on_change="rerun", bind="query-params")
for tab, show in zip(tabs, VIEWS.values(), strict=True):
    if tab.open:
        with tab:
            try:
                show()
            except AlcoreError as error:
                st.error(str(error))
