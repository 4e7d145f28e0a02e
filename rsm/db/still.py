"""A door through which all of a transaction is seen as it was at one moment."""

import copy

from rsm.db.work import Database


def still(db: Database) -> Database:
    """The same door, for whoever reads: what others commit meanwhile is in none of its answers."""
    door = copy.copy(db)
    door.engine = db.engine.execution_options(isolation_level="REPEATABLE READ")
    return door
