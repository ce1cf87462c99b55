"""Lab: sliders build a pool, strategies learn live, and one sees what they chose."""

import streamlit as st

from alcore.ui import entrance
from alcore.ui.lab import lab_page

entrance.show(lab_page.show, for_seats=st.query_params.get("seat") == "1")
