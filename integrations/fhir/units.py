"""Units of numbers, and what one unit is in another where that is known for certain."""

from integrations.fhir.addresses import UCUM, UNIT_OPTION
from integrations.fhir.keeping import PREFIX, as_json
from integrations.fhir.questionnaire import Json, Node

# How people write a unit → its code. Both ways where one has several spellings.
_CODES = {
    "°C": "Cel",
    "Cel": "Cel",
    "°F": "[degF]",
    "[degF]": "[degF]",
    "kg": "kg",
    "g": "g",
    "lb": "[lb_av]",
    "lbs": "[lb_av]",
    "pounds": "[lb_av]",
    "[lb_av]": "[lb_av]",
    "cm": "cm",
    "m": "m",
    "in": "[in_i]",
    "inches": "[in_i]",
    "[in_i]": "[in_i]",
    "%": "%",
    "mmHg": "mm[Hg]",
    "mm[Hg]": "mm[Hg]",
    "h": "h",
    "min": "min",
    "d": "d",
}
# (ours, other) → (minus, times, over): ours = (other - minus) x times / over. NIST SP 811.
_CONVERSIONS: dict[tuple[str, str], tuple[int, float, int]] = {
    ("Cel", "[degF]"): (32, 5, 9),
    ("kg", "[lb_av]"): (0, 0.45359237, 1),
    ("kg", "g"): (0, 1, 1000),
    ("cm", "[in_i]"): (0, 2.54, 1),
    ("cm", "m"): (0, 100, 1),
    ("min", "h"): (0, 60, 1),
    ("h", "min"): (0, 1, 60),
}


def code_of(unit: str) -> str:
    """The UCUM code of a unit as it is written; empty where it is not known."""
    return _CODES.get(unit, "")


def first_unit(node: Node) -> str:
    """The first of several units that are offered, for a form that names no unit besides."""
    return next((_name(each) for each in node.look().extensions(UNIT_OPTION)), "")


def read_other_units(node: Node, unit: str, metadata: dict[str, str]) -> list[Json]:
    """The further units in which the number may be given, each with its conversion."""
    extensions = node.extensions(UNIT_OPTION)
    if not extensions:
        return []
    metadata[f"{PREFIX}unitOption"] = as_json([dict(each.rest) for each in extensions])
    found: list[Json] = []
    for extension in extensions:
        name = _name(extension)
        if name == unit and unit:
            continue
        terms = _CONVERSIONS.get((code_of(unit), code_of(name)))
        if terms is None:
            what = f"what {name or 'it'} is in {unit or 'a unit that is not named'} is not known"
            extension.refuse("", what, "leave one unit, and name it with questionnaire-unit")
        else:
            minus, times, over = terms
            found.append({"unit": name, "minus": minus, "times": times, "over": over})
    return found


def _name(extension: Node) -> str:
    coding = extension.node("valueCoding")
    return (coding.text("display") or coding.text("code")).strip() if coding else ""


def write_unit(unit: str) -> dict[str, Json]:
    """The coding of a unit of ours."""
    code = code_of(unit)
    return {"system": UCUM, "code": code, "display": unit} if code else {"display": unit}
