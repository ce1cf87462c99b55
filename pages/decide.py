"""Decide: which threshold, and what a model's errors will cost where it is used."""

from alcore.ui import entrance
from alcore.ui.decide import decide_page

entrance.show(decide_page.show)
