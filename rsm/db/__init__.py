"""PostgreSQL: engine, unit of work, row-level security, leases, the embedded server, migrations.

Nothing outside this room commits. A transaction is opened with a scope (which sites, which patient)
and an actor; it reads the clock once, and everything done in it shares that `now`.
"""
