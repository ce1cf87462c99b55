"""Runs: all of them, to open, rename, resume, download and delete."""

from alcore.ui import entrance
from alcore.ui.runs import run_list

entrance.show(run_list.show)
