"""The one place where things are built and joined: settings → database → adapters → web, worker.

What is offered here is `house`, loaded when it is first asked for: a command that needs no database
(`rsm.bootstrap.forms`) starts without one.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rsm.bootstrap.house import (
        Addresses,
        House,
        bring_up_to_date,
        find_database,
        metadata,
        open_database,
        open_house,
        own_keys,
        read_keys,
        run_worker,
        run_worker_until_told,
        take_mail_report,
        web_app,
        worker_beside,
        worker_services,
    )

__all__ = (
    "Addresses",
    "House",
    "bring_up_to_date",
    "find_database",
    "metadata",
    "open_database",
    "open_house",
    "own_keys",
    "read_keys",
    "run_worker",
    "run_worker_until_told",
    "take_mail_report",
    "web_app",
    "worker_beside",
    "worker_services",
)


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("rsm.bootstrap.house"), name)
