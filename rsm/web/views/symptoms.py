"""Symptoms by week as a heat table (`staff/_heat.html`), on the alert and the patient page."""

from dataclasses import dataclass
from enum import StrEnum


class CellKind(StrEnum):
    """What one week holds for one symptom. Missing is not zero (P7)."""

    VALUE = "value"
    STRUCTURAL_ZERO = "structural_zero"
    REFUSED = "refused"
    SKIPPED = "skipped"
    NOT_APPLICABLE = "not_applicable"
    NOT_ANSWERED = "not_answered"
    NO_REPORT = "no_report"


@dataclass(frozen=True)
class HeatCell:
    """`value` is the stored code (0 to 4); only VALUE and STRUCTURAL_ZERO have one.

    With `text` it is no grade: that is shown, without the colour of a grade.
    """

    kind: CellKind
    value: int | None = None
    proxy: bool = False
    text: str = ""


NO_REPORT = HeatCell(CellKind.NO_REPORT)
REFUSED = HeatCell(CellKind.REFUSED)
SKIPPED = HeatCell(CellKind.SKIPPED)
NOT_ANSWERED = HeatCell(CellKind.NOT_ANSWERED)  # a report came in, without this symptom


def graded(value: int, *, proxy: bool = False) -> HeatCell:
    """A cell that was answered with `value`."""
    return HeatCell(CellKind.VALUE, value, proxy)


class ColumnRole(StrEnum):
    """On a phone only FIRST, RECENT, PREVIOUS and NOW are shown."""

    FIRST = "first"
    OLD = "old"
    RECENT = "recent"
    PREVIOUS = "prev"
    NOW = "now"


@dataclass(frozen=True)
class HeatColumn:
    """One week: `label` is its short date ("12 Oct")."""

    label: str
    role: ColumnRole = ColumnRole.OLD
    note: str = ""


@dataclass(frozen=True)
class HeatRow:
    """One symptom: one cell per column; `raised` when it raised the alert. A number has a `unit`.

    `expected` says what level is expected, in words; `as_expected` marks the newest cell so.
    """

    label: str
    cells: tuple[HeatCell, ...]
    raised: bool = False
    expected: str = ""
    as_expected: bool = False
    unit: str = ""

    @property
    def is_quiet(self) -> bool:
        """0 in every report, and neither raised nor expected."""
        kinds = {cell.kind for cell in self.cells}
        zero = kinds <= {CellKind.VALUE, CellKind.STRUCTURAL_ZERO, CellKind.NO_REPORT}
        plain = not (self.raised or self.expected or self.unit)
        return plain and zero and not any(cell.value or cell.text for cell in self.cells)


@dataclass(frozen=True)
class HeatTable:
    """Columns in order of time; `notes` explain gaps ("21 Sep paused")."""

    columns: tuple[HeatColumn, ...]
    rows: tuple[HeatRow, ...]
    notes: str = ""

    @property
    def quiet(self) -> tuple[HeatRow, ...]:
        """Symptoms that every report of these weeks answers with 0, and that nobody asks about:
        one sentence says it all. What was refused or left out is no 0 (P7)."""
        return tuple(row for row in self.rows if row.is_quiet)

    def shows(self, kind: str) -> bool:
        """Whether a cell of this kind is in it: only what is shown is explained."""
        return any(cell.kind == kind for row in self.rows for cell in row.cells)

    @property
    def has_expected(self) -> bool:
        return any(row.expected for row in self.rows)


def column_roles(count: int) -> tuple[ColumnRole, ...]:
    """The roles of `count` weeks: first, old ones, the last two before, previous, now."""
    roles = [ColumnRole.OLD] * count
    tail = (ColumnRole.NOW, ColumnRole.PREVIOUS, ColumnRole.RECENT, ColumnRole.RECENT)
    for back, role in enumerate(tail, start=1):
        if back <= count:
            roles[-back] = role
    if count > len(tail):
        roles[0] = ColumnRole.FIRST
    return tuple(roles)
