"""Compare: runs side by side, with intervals, at any deployment prevalence."""

from alcore.ui import entrance
from alcore.ui.compare import question
from alcore.ui.session import shown_run

entrance.show(lambda: question.show(question.choose(shown_run())))
