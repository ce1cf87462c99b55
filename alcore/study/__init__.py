"""The study: a grid of runs -> tasks -> an engine -> one directory of results.

A study is planned (`plan`), its repetitions are tasks (`tasks`) that an engine performs somewhere
(`engines`), and the scheduler (`scheduler`) keeps what comes back: each run's directory, a ledger of
progress, and each cell's results in one small file, from which every table and figure is made.
"""
