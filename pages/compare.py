"""Compare: runs side by side, with intervals, at any deployment prevalence."""

from alcore.ui import problems
from alcore.ui.compare import question
from alcore.ui.session import shown_run

with problems.contained():
    question.show(question.choose(shown_run()))
