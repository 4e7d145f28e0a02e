"""What a measure is called, and what it counts, in the reader's language."""

from dataclasses import dataclass

from rsm.metrics.definitions import MEASURES
from rsm.web.texts import texts_for

_PAGE = "measures"


@dataclass(frozen=True)
class MeasureWords:
    """A measure in words; `denominator` is empty for what is no rate."""

    title: str
    numerator: str
    denominator: str = ""


def words(id_: str, language: str) -> MeasureWords:
    """Of the measure with that id. Raises KeyError where there is none."""
    said = texts_for(_PAGE, language).pages[_PAGE]
    return MeasureWords(said[id_], said[f"{id_}_numerator"], said.get(f"{id_}_denominator", ""))


def every(language: str) -> dict[str, MeasureWords]:
    """All of them by id, in the order of the definitions."""
    return {measure.id: words(measure.id, language) for measure in MEASURES}
