"""How fast it is here: each figure beside a floor that was measured in the same minutes.

`make bench`, or `python -m tests.bench delivery submit` for some of it. Everything is on loopback,
with a PostgreSQL of its own that keeps its promises (fsync and synchronous_commit on).
"""
