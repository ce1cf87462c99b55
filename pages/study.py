"""Study: a grid of runs over π₀ and π₁, planned, followed and read."""

from alcore.ui import study

study.show()
