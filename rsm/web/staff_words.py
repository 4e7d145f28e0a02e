"""Words that the staff pages share with the texts of the patient pages (`rsm.web.texts`).

Staff pages are English; what is said to a patient on the telephone is in her language.
"""

from types import SimpleNamespace

from rsm.web.texts import texts_in


def section(page: str, language: str = "en") -> SimpleNamespace:
    """The strings of one page, as attributes."""
    return texts_in(language).sections()[page]


def word(page: str, key: str, language: str = "en") -> str:
    """One string, such as that of a code: `word("tasks", kind)`."""
    return texts_in(language).pages[page][key]
