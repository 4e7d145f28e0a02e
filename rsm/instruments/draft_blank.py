"""What a short measure of a site's own begins with: all that must be said, and no question yet."""

from collections.abc import Iterable

from rsm.instruments.draft_text import Data, write

_WORDS = {
    "en": (
        "Our short measure",
        "In the last 7 days",
        "We wrote these questions for this program. They are not a validated instrument.",
    ),
    "es": (
        "Nuestra medida breve",
        "En los últimos 7 días",
        "Escribimos estas preguntas para este programa. No son un instrumento validado.",
    ),
}
_NO_WORDS = ("", "", "")


def blank(holder: str, languages: Iterable[str]) -> str:
    """The text of a draft without questions, in these languages. Its wording is the site's own."""
    content: Data = {
        "key": "our-measure",
        "version": "1.0.0",
        "wording": "own",
        "validated": False,
        "recall_days": 7,
        "min_age": 18,
        "licence": {
            "name": "Own wording of the clinic",
            "holder": holder,
            "terms": "Written here, and used here.",
            "display": True,
        },
        "languages": {tag: _language(tag) for tag in languages},
    }
    return write(content)


def _language(tag: str) -> Data:
    title, recall, notice = _WORDS.get(tag, _NO_WORDS)
    return {"title": title, "recall": recall, "notice": notice}
