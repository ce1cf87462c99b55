"""Lab: sliders build a pool, strategies learn live, and one sees what they chose."""

import streamlit as st

from alcore.errors import AlcoreError
from alcore.ui import problems
from alcore.ui.lab import charts, preview, run_controls
from alcore.ui.lab.sidebar import KEYS, sidebar
from alcore.ui.session import manager, readable, shown_run

config, pool = None, None
try:
    config = sidebar()
    pool = preview.draw(config)
except AlcoreError as error:
    preview.show_problem(config, error)

run_id = shown_run()
row = manager().index.get(run_id) if run_id else None
if row is not None and (problem := readable(row.id)):
    st.warning(f"The run {row.id} cannot be shown: {problem}")
    row = None

if config is not None and pool is not None:
    st.markdown(preview.pool_summary(config, pool))
run_controls.show(row, config if pool is not None else None)
if config is not None and pool is not None:
    preview.show_pool(config, pool)
with problems.contained():
    charts.show(row, test_prevalence=st.session_state[KEYS["test_prevalence"]])
    charts.open_clicked_query(row.id if row else None)
