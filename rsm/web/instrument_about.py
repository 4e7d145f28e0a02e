"""What a draft is: its name, its languages with their titles, its licence; a form and its data."""

from collections.abc import Mapping

from rsm.instruments.draft_text import Data
from rsm.instruments.drafts import DraftView
from rsm.kernel.errors import Problem
from rsm.sites import service as sites
from rsm.web import instrument_views
from rsm.web.auth import Desk
from rsm.web.instrument_draft_views import language_of, tags_of
from rsm.web.patient_words import language_name
from rsm.web.settings_links import settings_links
from rsm.web.views.common import Choice, Link
from rsm.web.views.instrument_editor import AboutView, TextRow

_TEXTS = (
    ("title", "Title", ""),
    ("recall", "How far it looks back", "Such as: In the last 7 days"),
    ("notice", "Notice", "What is said of questions that are not validated"),
)
_PLAIN = (
    ("key", "Key", "Small letters, digits and hyphens; it names the measure for ever"),
    ("version", "Version", "Three numbers: what is published needs a higher one"),
)
_WHOLE = (
    ("recall_days", "Looks back, days", "For rules and for merging; 0 for right now"),
    ("min_age", "From the age of", ""),
)
_LICENCE = (
    ("name", "Licence", "Whose terms let you show these words"),
    ("holder", "Holder", "Who has written them"),
    ("terms", "Terms", ""),
)


def read(form: Mapping[str, str], several: Mapping[str, tuple[str, ...]], content: Data) -> Data:
    """The draft's data with what the form says. What is wrong in it, the draft's check says."""
    changed = dict(content)
    for name, _, _ in _PLAIN:
        changed[name] = form.get(name, "").strip()
    for name, _, _ in _WHOLE:
        text = form.get(name, "").strip()
        changed[name] = int(text) if text.isdecimal() and len(text) < 5 else text
    before = content.get("licence")
    licence = dict(before) if isinstance(before, Mapping) else {}
    licence |= {name: form.get(f"licence:{name}", "").strip() for name, _, _ in _LICENCE}
    changed["licence"] = {**licence, "display": "display" in form}
    changed["page"] = "section" if form.get("page") == "section" else "question"
    tags = several.get("language", ())
    changed["languages"] = {tag: _language(form, tag, language_of(content, tag)) for tag in tags}
    return changed


def _language(form: Mapping[str, str], tag: str, before: Data) -> Data:
    texts = {name: " ".join(form.get(f"{name}:{tag}", "").split()) for name, _, _ in _TEXTS}
    return before | texts


def page(
    desk: Desk, draft: DraftView, content: Data, problems: tuple[Problem, ...] = ()
) -> AboutView:
    """The form, filled."""
    here = f"{instrument_views.here(desk)}/drafts/{draft.id}"
    tags = tags_of(content)
    return AboutView(
        frame=instrument_views.frame(desk),
        links=settings_links(desk.staff.site_id, "instruments"),
        back=Link("Back to the draft", here),
        action=f"{here}/about",
        revision=draft.revision,
        values=tuple(_values(content)),
        spoken=tuple(tags),
        languages=tuple(Choice(tag, language_name(tag)) for tag in _offered(desk, tags)),
        texts=tuple(_row(name, label, hint, content, tags) for name, label, hint in _TEXTS),
        page=str(content.get("page", "question")),
        display=bool(_licence(content).get("display")),
        problems=problems,
    )


def _values(content: Data) -> list[tuple[str, str, str, str]]:
    licence = _licence(content)
    found = [(name, label, str(content.get(name, "")), hint) for name, label, hint in _PLAIN]
    found += [(name, label, str(content.get(name, "")), hint) for name, label, hint in _WHOLE]
    found += [
        (f"licence:{name}", label, str(licence.get(name, "")), hint)
        for name, label, hint in _LICENCE
    ]
    return found


def _licence(content: Data) -> Data:
    licence = content.get("licence")
    return dict(licence) if isinstance(licence, Mapping) else {}


def _row(name: str, label: str, hint: str, content: Data, tags: list[str]) -> TextRow:
    cells = ((tag, f"{name}:{tag}", str(language_of(content, tag).get(name, ""))) for tag in tags)
    return TextRow(label, tuple(cells), hint=hint)


def _offered(desk: Desk, tags: list[str]) -> list[str]:
    """Those that it speaks, and those of the site that it could."""
    site = sites.get(desk.tx, desk.staff.site_id)
    return [*tags, *(tag for tag in site.languages if tag not in tags)]
