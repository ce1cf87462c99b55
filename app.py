"""The dashboard: a table of pages."""

import streamlit as st

from alcore.home import ASSETS
from alcore.ui import lost_server, presenter

st.set_page_config(page_title="Active learning lab", page_icon="assets/logo.svg", layout="wide")
st.html(ASSETS / "pages.css")
st.logo("assets/logo.svg", size="large")

page = st.navigation(
    [
        st.Page("pages/lab.py", title="Lab", icon=":material/science:", default=True),
        st.Page("pages/samples.py", title="Samples", icon=":material/photo_library:"),
        st.Page("pages/compare.py", title="Compare", icon=":material/compare_arrows:"),
        st.Page("pages/meter.py", title="Meter", icon=":material/speed:"),
        st.Page("pages/decide.py", title="Decide", icon=":material/payments:"),
        st.Page("pages/study.py", title="Study", icon=":material/grid_on:"),
        st.Page("pages/data.py", title="Data", icon=":material/dataset:"),
        st.Page("pages/runs.py", title="Runs", icon=":material/list:"),
        st.Page("pages/methods.py", title="Methods", icon=":material/functions:"),
    ],
    position="top",
)
presenter.dress()
lost_server.watch()
with st.container(key="page_title"):
    st.title(page.title, anchor=False)
page.run()
