"""Runs on disk and in processes: records, tables, the list of runs, workers and their manager."""
