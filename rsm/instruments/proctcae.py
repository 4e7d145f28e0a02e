"""PRO-CTCAE as structure: item codes, attributes, scales, branching and composites; no wording.

Sources: NCI's library numbering as read in ProAE 1.0.4 (which attributes a symptom has, the codes
of the options, which items have "not applicable"); Basch et al., JNCI 2014;106:dju244. NCI holds
the rights to the wording and does not let others distribute it: a site loads the official form.
"""

import csv
from collections.abc import Mapping, Sequence
from importlib.resources import files
from itertools import groupby

from rsm.instruments.model import Instrument

KEY = "pro-ctcae"
VERSION = "1.0.0"
_FILE = "library/proctcae_structure.csv"
_TERMS = (
    "NCI holds all rights to items, translations and documents; free to use unchanged, not to be "
    "distributed to third parties without written agreement. Only codes and structure are here."
)

_Row = Mapping[str, str]
_Content = dict[str, object]


def proctcae_structure() -> Instrument:
    """All 124 items of the 80 numbered symptoms, metadata only: it cannot be shown to patients."""
    text = files("rsm.instruments").joinpath(_FILE).read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    symptoms = [list(group) for _, group in groupby(rows, key=lambda row: row["symptom"])]
    content: _Content = {
        "key": KEY,
        "version": VERSION,
        "wording": "none",
        "validated": True,
        "licence": {"name": "PRO-CTCAE terms", "holder": "NCI", "terms": _TERMS, "display": False},
        "recall_days": 7,
        "min_age": 18,
        "symptoms": tuple({"key": symptom[0]["symptom"]} for symptom in symptoms),
        "items": tuple(_item(row, symptom[0]) for symptom in symptoms for row in symptom),
        "scores": tuple(_composite(symptom) for symptom in symptoms if not _is_presence(symptom)),
    }
    return Instrument.model_validate(content)


def _item(row: _Row, first: _Row) -> _Content:
    """One item; those after a symptom's first are asked only when the first is above 0."""
    return {
        "type": "yes_no" if row["attribute"] == "presence" else "graded",
        "code": _code(row),
        "symptom": row["symptom"],
        "attribute": row["attribute"],
        "options": tuple({"value": int(value)} for value in row["values"].split("|")),
        "asked_when": None if row is first else {"item": _code(first)},
        "may_not_apply": row["may_not_apply"] == "yes",
        "codes": {"nci": row["item_code"]},
    }


def _is_presence(symptom: Sequence[_Row]) -> bool:
    """The 21 symptoms that are only present or absent have no composite."""
    return symptom[0]["attribute"] == "presence"


def _composite(symptom: Sequence[_Row]) -> _Content:
    return {
        "kind": "proctcae_composite",
        "name": f"{symptom[0]['symptom']}.composite",
        "items": tuple(_code(row) for row in symptom),
        "source": "Basch et al., Clin Trials 2021;18:104-114",
    }


def _code(row: _Row) -> str:
    return f"{row['symptom']}.{row['attribute']}"
