"""Data: what there is to learn from, how to bring one's own, and how to make some."""

import streamlit as st

from alcore.errors import AlcoreError
from alcore.ui.data import browse, log_upload, surfaces, upload

VIEWS = {
    "Look": browse.show,
    "Import": upload.show,
    "Make surfaces": surfaces.show,
    "Logs": log_upload.show,
}

tabs = st.tabs(list(VIEWS), key="data_view", on_change="rerun", bind="query-params")
for tab, show in zip(tabs, VIEWS.values(), strict=True):
    if tab.open:
        with tab:
            try:
                show()
            except AlcoreError as error:
                st.error(str(error))
