"""The Meter page."""
