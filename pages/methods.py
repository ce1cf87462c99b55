"""Methods: what every number on the other pages means."""

from alcore.ui import definitions

definitions.show()
