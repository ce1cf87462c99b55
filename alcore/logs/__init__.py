"""Logs in the form that the code of the paper's authors writes: to read theirs, and to write ours as such.

    dict_STRATEGY.csv                               one row per repetition and cycle: metrics at π₀ and π₁
    selected_items_STRATEGY_CYCLE_REPETITION.csv    one row per chosen patch

Semicolons between columns. Logs hold values where they were measured and no counts, so nothing is known of
them at any other prevalence.
"""
