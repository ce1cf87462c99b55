"""Estimands, resampling, comparison, detection and chance: from counts to numbers with their doubt."""
