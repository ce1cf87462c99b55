"""Patches: the built-in surfaces, imported data sets, their split, and what they hold."""
