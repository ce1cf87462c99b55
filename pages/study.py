"""Study: a grid of runs over π₀ and π₁, planned, followed and read."""

from alcore.ui.study import study_page

study_page.show()
