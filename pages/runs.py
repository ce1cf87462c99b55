"""Runs: all of them, to open, rename, resume, download and delete."""

from alcore.ui import run_list

run_list.show()
