"""Study: a grid of runs over π₀ and π₁, planned, followed and read."""

from alcore.ui import entrance
from alcore.ui.study import study_page

entrance.show(study_page.show)
