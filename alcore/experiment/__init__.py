"""The experiment: a repetition's draws, the cycle, the loop, the pool as a strategy sees it, the ceiling."""
