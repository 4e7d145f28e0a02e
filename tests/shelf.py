"""For whom a questionnaire is published: a clinic's manager, or its administrator."""

from rsm.instruments.owners import Publisher
from tests.clinic import Clinic


def manager(clinic: Clinic) -> Publisher:
    """Who manages that clinic and no other."""
    return Publisher(clinic.site, frozenset({clinic.site}))


def administrator(clinic: Clinic) -> Publisher:
    """Who may publish what belongs to nobody as well."""
    return Publisher(clinic.site, frozenset({clinic.site}), ours=True)
