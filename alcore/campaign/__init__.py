"""Campaigns: a run with people in the place of the oracle, one batch of images after the other."""
