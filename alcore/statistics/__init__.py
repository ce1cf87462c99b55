"""Estimands, resampling, comparison, detection and chance: from counts to estimates with intervals."""
