"""What the server that workers are forked from has loaded: importing this module loads it.

That takes seconds, on a busy machine a minute, and only after it does multiprocessing look whether somebody
still wants workers. Until then the server looks for itself, so that it never outlives a run that was killed.
"""

from __future__ import annotations

import importlib

from alcore.machine import ending_with_parent

_LIBRARIES = ("alcore.compute.job_worker", "segmentation_models_pytorch")

with ending_with_parent():
    for _name in _LIBRARIES:
        importlib.import_module(_name)
