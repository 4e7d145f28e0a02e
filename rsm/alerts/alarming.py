"""Alarming words in what a patient writes: whole words, blind to case, accents and punctuation."""

import unicodedata

from rsm.alerts.schema import RulePack


def red_flag(pack: RulePack, text: str, language: str) -> str | None:
    """The first alarming word of the pack in a free text, as the pack writes it, or None.

    Looks for whole words, blind to case, accents and punctuation, in every language of the pack
    (people mix them), the patient's own first.
    """
    padded = f" {plain(text)} "
    for tongue in sorted(pack.red_flags, key=lambda tongue: (tongue != language, tongue)):
        for word in pack.red_flags[tongue].words:
            if f" {plain(word)} " in padded:
                return word
    return None


def plain(text: str) -> str:
    """Lower case without accents or apostrophes; everything else that is not a letter parts words.

    >>> plain("I CAN'T   breathe… ¡sangrado!")
    'i cant breathe sangrado'
    """
    apart = unicodedata.normalize("NFKD", text.casefold())
    kept = (c for c in apart if not unicodedata.combining(c) and c not in "'’`´\u02bc")  # noqa: RUF001  # the apostrophes of phones
    return " ".join("".join(c if c.isalnum() else " " for c in kept).split())
