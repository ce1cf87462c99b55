"""Walking the graph of a run: its workers, what they say to each other, the clock, and the room there is."""
