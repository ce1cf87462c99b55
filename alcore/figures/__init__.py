"""Tidy frames -> plotly figures."""
