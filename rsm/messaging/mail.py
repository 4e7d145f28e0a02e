"""E-mails as data: subject and body by purpose and language, rendered only when they are sent.

A body is plain paragraphs with fields; the HTML part is made from the same paragraphs, so that the
two never say different things. It asks nobody for a picture and sets no trap to see who reads.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Self

from pydantic import model_validator

from rsm.kernel.documents import Strict, nearest, parse
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.words import Audience
from rsm.messaging.texts import placeholders, text_language

if TYPE_CHECKING:
    from jinja2 import Template

_LIBRARY = "library"
_LINK_ALONE = "{link}"
_URL = re.compile(r"https?://[^\s]+[^\s.,;:)]")
LONGEST_SUBJECT = 120


class MailText(Strict):
    """Subject and body in one language, with fields in braces."""

    subject: str
    body: str

    @property
    def fields(self) -> frozenset[str]:
        """The fields that it names."""
        return placeholders(self.subject) | placeholders(self.body)


class MailLanguage(Strict):
    """What stands around every mail: the button's words, and how to end the mails."""

    open_survey: str
    open_staff: str
    stop: str


class MailPurpose(Strict):
    """One kind of mail."""

    audience: Audience
    fields: Sequence[str]
    en: MailText
    es: MailText

    @property
    def texts(self) -> Mapping[str, MailText]:
        """Language → subject and body."""
        return {"en": self.en, "es": self.es}

    @model_validator(mode="after")
    def _names_its_fields(self) -> Self:
        for language, mail in self.texts.items():
            if mail.fields != frozenset(self.fields):
                raise ValueError(f"the fields of `{language}` are not {list(self.fields)}")
            if "link" in placeholders(mail.subject):
                raise ValueError(f"the subject of `{language}` holds a link")
        return self


class Mails(Strict):
    """The whole of `library/mail.toml`."""

    languages: Mapping[str, MailLanguage]
    purposes: Mapping[str, MailPurpose]


@dataclass(frozen=True)
class Rendered:
    """One mail in words: subject, text part, HTML part."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class _Piece:
    """A run of words; with `url` it is a link."""

    text: str
    url: str = ""


@dataclass(frozen=True)
class _Paragraph:
    """A paragraph, or a button to `button`."""

    pieces: Sequence[_Piece] = ()
    button: str = ""


@cache
def mails() -> Mails:
    """Our e-mails; read once."""
    name = "mail.toml"
    text = (files("rsm.messaging") / _LIBRARY / name).read_text(encoding="utf-8")
    return parse(Mails, text, name)[0]


def purpose_named(name: str) -> MailPurpose:
    """Raises `Invalid` for a purpose for which there is no e-mail."""
    purposes = mails().purposes
    if name not in purposes:
        what = f"no e-mail for `{name}`"
        raise Invalid(Problem("purpose", what, nearest(name, purposes)))
    return purposes[name]


def render_mail(
    purpose: str, language: str, fields: Mapping[str, str], own: MailText | None = None
) -> Rendered:
    """The mail of that purpose in that language, else in English; `own` is a site's wording.

    `fields` may hold more than it names; `stop_link`, where there is one, is added below. Raises
    `Invalid` for an unknown purpose and for fields that are missing or empty.
    """
    known = purpose_named(purpose)
    spoken = text_language(language)
    mail = own or known.texts[spoken]
    around = mails().languages[spoken]
    values = {name: " ".join(value.split()) for name, value in fields.items()}
    footer = around.stop if values.get("stop_link") else ""
    wanted = mail.fields | placeholders(footer)
    if missing := sorted(name for name in wanted if not values.get(name)):
        raise Invalid([Problem(f"{purpose}.{name}", "is missing or empty") for name in missing])
    button = around.open_survey if known.audience is Audience.PATIENT else around.open_staff
    filled = _Filled(mail, footer, button, values)
    return Rendered(filled.subject, filled.text, filled.html(spoken))


@dataclass(frozen=True)
class _Filled:
    """A mail with its values."""

    mail: MailText
    footer: str
    button: str
    values: Mapping[str, str]

    @property
    def subject(self) -> str:
        subject = " ".join(self.mail.subject.format_map(self.values).split())
        if len(subject) <= LONGEST_SUBJECT:
            return subject
        return subject[: LONGEST_SUBJECT - 1] + "…"

    @property
    def text(self) -> str:
        parts = [part.format_map(self.values) for part in self._templates()]
        parts += ["-- \n" + self.footer.format_map(self.values)] if self.footer else []
        return "\n\n".join(parts) + "\n"

    def html(self, language: str) -> str:
        return _template().render(
            language=language,
            subject=self.subject,
            paragraphs=[self._paragraph(part) for part in self._templates()],
            button=self.button,
            footer=_pieces(self.footer.format_map(self.values)),
        )

    def _templates(self) -> list[str]:
        return [" ".join(part.split()) for part in self.mail.body.strip().split("\n\n")]

    def _paragraph(self, template: str) -> _Paragraph:
        if template == _LINK_ALONE:
            return _Paragraph(button=self.values["link"])
        return _Paragraph(_pieces(template.format_map(self.values)))


def _pieces(text: str) -> list[_Piece]:
    """The words, with http(s) addresses as links."""
    pieces, place = [], 0
    for found in _URL.finditer(text):
        pieces += [_Piece(text[place : found.start()]), _Piece(found[0], found[0])]
        place = found.end()
    pieces.append(_Piece(text[place:]))
    return [piece for piece in pieces if piece.text]


@cache
def _template() -> "Template":
    from jinja2 import Environment, StrictUndefined

    source = (files("rsm.messaging") / _LIBRARY / "mail.html").read_text(encoding="utf-8")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(source)
