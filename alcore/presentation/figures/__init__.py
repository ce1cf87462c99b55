"""Figures: each function draws values computed elsewhere."""
