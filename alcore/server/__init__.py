"""What the dashboard keeps while it serves: manager, queues, lanes, the index, and child processes."""
