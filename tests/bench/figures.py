"""What was measured: figures with their floor and spread, as one table."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One thing measured, `values` being its repeats; `floor` are those of the bare thing."""

    name: str
    unit: str
    values: tuple[float, ...]
    floor: tuple[float, ...] = ()
    note: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def floor_median(self) -> float | None:
        return statistics.median(self.floor) if self.floor else None

    @property
    def ratio(self) -> float | None:
        """The figure as a multiple of its floor."""
        floor = self.floor_median
        return self.median / floor if floor else None

    @property
    def spread(self) -> float:
        """Half of the range of the repeats, as a share of the median: less than it is noise."""
        return (max(self.values) - min(self.values)) / 2 / self.median if self.median else 0.0


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, min(len(ordered) - 1, int(len(ordered) * share + 0.999999) - 1))]


def table(figures: Sequence[Figure]) -> str:
    """All figures, one a line."""
    head = ("figure", "", "unit", "floor", "ratio", "spread", "n", "")
    rows = [head, *(_row(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column in {0, 2, 7} else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _row(figure: Figure) -> tuple[str, ...]:
    floor, ratio = figure.floor_median, figure.ratio
    return (
        figure.name,
        _number(figure.median),
        figure.unit,
        "" if floor is None else _number(floor),
        "" if ratio is None else f"{ratio:.2f}",
        f"±{figure.spread:.0%}" if len(figure.values) > 1 else "",
        str(len(figure.values)),
        figure.note,
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
