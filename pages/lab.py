"""Lab: sliders build a pool, strategies learn live, and one sees what they chose."""

import streamlit as st

from alcore.config import RunConfig
from alcore.experiment.repetition import RepetitionSplit
from alcore.ui import problems
from alcore.ui.lab import charts, preview
from alcore.ui.lab.run_controls import transport
from alcore.ui.lab.sidebar import KEYS, sidebar
from alcore.ui.session import manager, readable, shown_run

config = sidebar()
drawn = preview.draw(config) if isinstance(config, RunConfig) else config
can_run = isinstance(drawn, RepetitionSplit)

run_id = shown_run()
row = manager().index.get(run_id) if run_id else None
if row is not None and (problem := readable(row.id)):
    st.warning(f"The run {row.id} cannot be shown: {problem}")
    row = None

if can_run:
    st.markdown(preview.pool_summary(config, drawn))
else:
    preview.show_problem(config, drawn)
transport(row, config if can_run else None)
if can_run:
    preview.show_pool(config, drawn)
with problems.contained():
    charts.show(row, test_prevalence=st.session_state[KEYS["test_prevalence"]])
    charts.open_clicked_query(row.id if row else None)
