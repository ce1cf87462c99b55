"""Methods: what every number on the other pages means."""

from alcore.ui.methods import definitions

definitions.show()
