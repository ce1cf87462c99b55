"""What a fork server has loaded besides, where a run needs networks of libraries: these take seconds more.

A light head on kept features does without them; a worker that has to encode patches loads them itself.
"""

from __future__ import annotations

import importlib

from alcore.machine import ending_with_parent

with ending_with_parent():
    importlib.import_module("alcore.learning.networks")
