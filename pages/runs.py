"""Runs: all of them, to open, rename, resume, download and delete."""

from alcore.ui.runs import run_list

run_list.show()
