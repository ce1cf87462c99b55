"""Meter: how many of the images in use are defective, estimated without labels."""

from alcore.ui import entrance
from alcore.ui.meter import meter_page

entrance.show(meter_page.show)
