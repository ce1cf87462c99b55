"""Streamlit widgets that several pages share: the only part of alcore that imports streamlit."""
