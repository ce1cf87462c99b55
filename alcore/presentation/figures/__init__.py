"""Figures: one function draws what another has computed."""
