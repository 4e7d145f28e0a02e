"""Questionnaires of other systems: FHIR's in and out, by the adapter that knows them."""

from integrations.fhir.context import Said
from integrations.fhir.reading import Imported, read_questionnaire
from integrations.fhir.writing import write_questionnaire
from rsm.instruments.checks import check
from rsm.instruments.model import Instrument

__all__ = ["Imported", "Said", "read_fhir", "write_fhir"]


def read_fhir(text: str, name: str, said: Said | None = None) -> Imported:
    """The instrument that a FHIR Questionnaire in JSON is.

    Raises `Invalid` with every element that it cannot be, each by its path.
    """
    return read_questionnaire(text, name, check, said)


def write_fhir(instrument: Instrument) -> object:
    """The instrument as a FHIR R4 Questionnaire, ready to be written as JSON."""
    return write_questionnaire(instrument)
