"""A transaction at one site, for commands that read or change what a site has agreed to."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from rsm.db.work import Database, Tx


@contextmanager
def at_site(wanted: str) -> Iterator[tuple["Tx", UUID]]:
    """A transaction that sees the site of that name or id. Raises `Invalid` when there is none."""
    from rsm.bootstrap import open_house
    from rsm.settings import read_settings

    with open_house(read_settings()) as house, _at(house.web, wanted) as found:
        yield found


@contextmanager
def still_at_site(wanted: str) -> Iterator[tuple["Tx", UUID]]:
    """The same as workers see it, all of it as it was at one moment."""
    from rsm.bootstrap import open_house
    from rsm.db.still import still
    from rsm.settings import read_settings

    with open_house(read_settings()) as house, _at(still(house.worker), wanted) as found:
        yield found


@contextmanager
def _at(db: "Database", wanted: str) -> Iterator[tuple["Tx", UUID]]:
    from rsm.db.work import NOWHERE, Scope
    from rsm.kernel.documents import nearest
    from rsm.kernel.errors import Invalid, Problem
    from rsm.sites import service as sites

    with db.begin(NOWHERE) as tx:
        known = sites.names(tx)
        found = next((one for one, name in known.items() if wanted in {name, str(one)}), None)
        if found is None:
            raise Invalid(Problem("--site", f"no site `{wanted}`", nearest(wanted, known.values())))
        tx.narrow(Scope.site(found))
        yield tx, found


def read_text(path: Path) -> str:
    """The text of a file. Raises `Invalid` when it cannot be read."""
    from rsm.kernel.errors import Invalid, Problem

    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(Problem(str(path), f"cannot be read: {error}")) from None
