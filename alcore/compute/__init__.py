"""Walking the graph of a run: its workers, their messages, the clock, and the machine's capacity."""
