"""The long-lived parts of the dashboard's server: manager, queues, lanes, the index, and child processes."""
