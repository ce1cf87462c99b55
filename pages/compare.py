"""Compare: runs side by side, with intervals, at any deployment prevalence."""

from alcore.ui import entrance
from alcore.ui.compare import compare_page
from alcore.ui.session import shown_run

entrance.show(lambda: compare_page.show(compare_page.choose(shown_run())))
