"""What a draft is: its name, its languages with their titles, its licence; a form and its data."""

from collections.abc import Mapping

from rsm.instruments.draft_text import Data
from rsm.instruments.drafts import DraftView
from rsm.kernel.errors import Problem
from rsm.sites import service as sites
from rsm.web import instrument_faults, instrument_views
from rsm.web.auth import Desk
from rsm.web.instrument_draft_views import language_of, tags_of
from rsm.web.instrument_words import InstrumentWords, words_for
from rsm.web.settings_links import settings_links
from rsm.web.views.common import Choice, Link
from rsm.web.views.instrument_editor import AboutView, TextRow

_TEXTS = ("title", "recall", "notice")
_PLAIN = ("key", "version")
_WHOLE = ("recall_days", "min_age")
_LICENCE = ("name", "holder", "terms")


def read(form: Mapping[str, str], several: Mapping[str, tuple[str, ...]], content: Data) -> Data:
    """The draft's data with what the form says. What is wrong in it, the draft's check says."""
    changed = dict(content)
    for name in _PLAIN:
        changed[name] = form.get(name, "").strip()
    for name in _WHOLE:
        text = form.get(name, "").strip()
        changed[name] = int(text) if text.isdecimal() and len(text) < 5 else text
    before = content.get("licence")
    licence = dict(before) if isinstance(before, Mapping) else {}
    licence |= {name: form.get(f"licence:{name}", "").strip() for name in _LICENCE}
    changed["licence"] = {**licence, "display": "display" in form}
    changed["page"] = "section" if form.get("page") == "section" else "question"
    tags = several.get("language", ())
    changed["languages"] = {tag: _language(form, tag, language_of(content, tag)) for tag in tags}
    return changed


def _language(form: Mapping[str, str], tag: str, before: Data) -> Data:
    texts = {name: " ".join(form.get(f"{name}:{tag}", "").split()) for name in _TEXTS}
    return before | texts


def page(
    desk: Desk, draft: DraftView, content: Data, problems: tuple[Problem, ...] = ()
) -> AboutView:
    """The form, filled."""
    here = f"{instrument_views.here(desk)}/drafts/{draft.id}"
    tags, words = tags_of(content), words_for(desk)
    return AboutView(
        frame=instrument_views.frame(desk),
        links=settings_links(desk.staff.site_id, "instruments"),
        back=Link(words.w.back_draft, here),
        action=f"{here}/about",
        revision=draft.revision,
        values=tuple(_values(words, content)),
        spoken=tuple(tags),
        languages=tuple(Choice(tag, words.tongue(tag)) for tag in _offered(desk, tags)),
        texts=tuple(_row(words, name, content, tags) for name in _TEXTS),
        page=str(content.get("page", "question")),
        display=bool(_licence(content).get("display")),
        problems=instrument_faults.said(problems, words.language),
    )


def _values(words: InstrumentWords, content: Data) -> list[tuple[str, str, str, str]]:
    """Name, label, value and hint of each field."""
    licence = _licence(content)
    found = [(name, name, content.get(name, "")) for name in (*_PLAIN, *_WHOLE)]
    found += [(f"licence:{name}", f"licence_{name}", licence.get(name, "")) for name in _LICENCE]
    return [
        (name, getattr(words.d, key), str(value), getattr(words.d, f"{key}_hint"))
        for name, key, value in found
    ]


def _licence(content: Data) -> Data:
    licence = content.get("licence")
    return dict(licence) if isinstance(licence, Mapping) else {}


def _row(words: InstrumentWords, name: str, content: Data, tags: list[str]) -> TextRow:
    cells = ((tag, f"{name}:{tag}", str(language_of(content, tag).get(name, ""))) for tag in tags)
    hint = getattr(words.d, f"{name}_hint", "")
    return TextRow(getattr(words.d, name), tuple(cells), hint=hint)


def _offered(desk: Desk, tags: list[str]) -> list[str]:
    """Those that it speaks, and those of the site that it could."""
    site = sites.get(desk.tx, desk.staff.site_id)
    return [*tags, *(tag for tag in site.languages if tag not in tags)]
