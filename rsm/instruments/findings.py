"""A problem of an instrument, before it is known in which file and line."""

from dataclasses import dataclass

from rsm.kernel.documents import Loc, Source
from rsm.kernel.errors import Problem


@dataclass(frozen=True)
class Finding:
    """`loc` leads into the content: keys and positions, as in `("items", 3, "asked_when")`."""

    loc: Loc
    what: str
    mend: str = ""

    def problem(self, source: Source) -> Problem:
        return Problem(source.place(self.loc), self.what, self.mend)
