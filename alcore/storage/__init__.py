"""Runs on disk: records, their typed reader, run store, tables, evidence, archives; no thread, no process."""
