"""Data: what there is to learn from, and how to bring one's own."""

import streamlit as st

from alcore.errors import AlcoreError
from alcore.ui import data_sets, imports

look, bring = st.tabs(["Look", "Import"], key="data_view", on_change="rerun", bind="query-params")
if look.open:
    with look:
        try:
            data_sets.show()
        except AlcoreError as error:
            st.error(str(error))
if bring.open:
    with bring:
        imports.show()
