"""The clock that wakes the loops: one job is one flow function. What is due stands in the database.

Any number of workers share one database; each may be stopped or killed at any time.
"""
