"""The one place where things are built and joined: settings → database → adapters → web, worker."""

from importlib import import_module

from sqlalchemy import MetaData

_TABLES = (
    "rsm.db.tables",
    "rsm.security.tables",
    "rsm.sites.tables",
    "rsm.instruments.tables",
    "rsm.patients.tables",
    "rsm.messaging.tables",
    "rsm.tasks.tables",
    "rsm.schedules.tables",
    "rsm.invitations.tables",
    "rsm.responses.tables",
    "rsm.scoring.tables",
    "rsm.alerts.tables",
    "rsm.escalation.tables",
)


def metadata() -> MetaData:
    """The tables of all rooms: what migrations must lead to."""
    from rsm.db.base import Base

    for module in _TABLES:
        import_module(module)
    return Base.metadata
