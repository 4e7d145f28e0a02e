"""The published PRO-CTCAE composite grades: 179 combinations, as data in `library/`.

Source: Basch et al., Clin Trials 2021;18:104-114; table as stored in ProAE 1.0.4 and its SAS
version, which agree in all rows. The code rule before the table, that a first item of 0 makes the
composite 0, is in `decide`.
"""

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

_ATTRIBUTES = ("frequency", "severity", "interference")
# The table has one column for both, which no symptom has together.
_COLUMN = {"amount": "interference"}

# (attribute, value) of every attribute that the symptom has
Combination = frozenset[tuple[str, int]]


def composite_grade(values: Mapping[str, int]) -> int:
    """The grade 0-3 for values by attribute. Raises KeyError if the combination has none."""
    return _table()[frozenset((_COLUMN.get(name, name), value) for name, value in values.items())]


@cache
def _table() -> Mapping[Combination, int]:
    file = files("rsm.scoring").joinpath("library/proctcae_composite.csv")
    rows = csv.DictReader(file.read_text(encoding="utf-8").splitlines())
    return {
        frozenset((name, int(row[name])) for name in _ATTRIBUTES if row[name] != ""): int(
            row["composite"]
        )
        for row in rows
    }
