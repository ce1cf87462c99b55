"""Compare: runs side by side, with intervals, at any prevalence of use."""

import streamlit as st

from alcore.errors import AlcoreError
from alcore.ui.compare import question
from alcore.ui.session import shown_run

try:
    question.show(question.choose(shown_run()))
except AlcoreError as error:
    st.error(str(error))
