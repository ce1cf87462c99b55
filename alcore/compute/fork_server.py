"""What the server that workers are forked from has loaded: importing this module loads it.

That takes seconds, on a busy machine a minute, and only after it does multiprocessing look whether somebody
still wants workers. Until then the server looks for itself, so that it never outlives a run that was killed.
"""

from __future__ import annotations

import atexit
import importlib
import os

from alcore.machine import ending_with_parent

with ending_with_parent():
    importlib.import_module("alcore.compute.job_worker")

atexit.register(os._exit, 0)  # taking PyTorch down takes seconds, for which its parent would wait
