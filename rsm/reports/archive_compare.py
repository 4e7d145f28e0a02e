"""Rows of the database held against those that files have already: what is still to be written."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple
from uuid import UUID

from rsm.kernel.errors import Problem
from rsm.reports.archive_model import Refused, Row

_NOTHING = "nothing of this month was deleted"
_STRANGE = f"{_NOTHING}: find out who wrote the file, then move it away"
_CHANGED = f"{_NOTHING}: one of the two was changed, find out which"


class Filed(NamedTuple):
    """A row of a file, the file's name, and whether the register has it."""

    row: Row
    file: str
    noted: bool


class Comparison:
    """One month. All rows come in the order of their ids.

    A file that nobody noted was left by a run that was killed before it let anything go: each of
    its rows must still be in the database.
    """

    def __init__(self, filed: Iterable[Filed]) -> None:
        self._filed = iter(filed)
        self.again: list[UUID] = []  # in the database, and the same in a file
        self.new = 0  # in the database alone

    def fresh(self, stored: Iterable[Row]) -> Iterator[Row]:
        """The rows of the database that are in no file. Raises `Refused` where both differ."""
        filed = next(self._filed, None)
        for row in stored:
            while filed is not None and filed.row.id < row.id:
                filed = self._passed(filed)
            if filed is None or filed.row.id != row.id:
                self.new += 1
                yield row
                continue
            if filed.row.line != row.line:
                raise Refused(Problem(filed.file, "the database has a row otherwise", _CHANGED))
            self.again.append(UUID(row.id))
            filed = next(self._filed, None)
        while filed is not None:
            filed = self._passed(filed)

    def _passed(self, filed: Filed) -> Filed | None:
        """A row of a file alone: it was let go, if the file was noted."""
        if not filed.noted:
            what = "nobody noted it, and it has rows that are not in the database"
            raise Refused(Problem(filed.file, what, _STRANGE))
        return next(self._filed, None)
