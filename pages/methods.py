"""Methods: what every number on the other pages means."""

from alcore.ui import entrance
from alcore.ui.methods import definitions

entrance.show(definitions.show)
