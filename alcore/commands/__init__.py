"""The command line's parts, with their progress bars; `alcore.__main__` is their table."""
