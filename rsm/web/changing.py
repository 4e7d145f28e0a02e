"""The page on which a policy or a routing tree is changed: looked at first, then confirmed.

What is confirmed is what was shown: the form hands back a fingerprint of the text whose difference
was read, and another text is shown first. What was typed is never lost.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import SimpleNamespace

from fastapi import Request
from fastapi.responses import HTMLResponse

from rsm.kernel.errors import Conflict, Invalid, Problem
from rsm.web.auth import Desk
from rsm.web.deps import html
from rsm.web.frames import staff_frame
from rsm.web.staff_words import section
from rsm.web.uploads import text_of
from rsm.web.views.changing import Asked, ChangingView, Differing
from rsm.web.views.common import FilterLink, Link

_FIELDS = ("body", "reason", "file")


@dataclass(frozen=True)
class Frame:
    """What is changed here, in the words of whoever reads."""

    language: str
    links: tuple[FilterLink, ...]
    back: Link
    heading: str
    lead: str
    action: str
    file: Link
    label: str
    hint: str
    confirm: str
    seen: str  # what is in force now: the differences are shown against it

    @property
    def words(self) -> SimpleNamespace:
        return section("changing", self.language)


@dataclass(frozen=True)
class Found:
    """What became of looking at a text: what differs, what stands in the way, what to look at."""

    differs: tuple[Differing, ...]
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()


Look = Callable[[str], Found]  # raises `Invalid` for a text that cannot be read at all


async def typed(request: Request) -> Asked:
    """What the form posts; a file that was chosen counts before what was typed."""
    form = await request.form()
    given = {name: value for name, value in form.items() if isinstance(value, str)}
    sent = await text_of(form)
    await form.close()
    names = ("reason", "seen", "checked")
    rest = {name: given.get(name, "").strip() for name in names}
    return Asked(sent.body, **rest, problem=sent.problem or "")


def fingerprint(body: str) -> str:
    """Of a text whose difference was shown."""
    return hashlib.sha256(body.strip().encode()).hexdigest()[:16]


def begun(desk: Desk, frame: Frame, asked: Asked) -> HTMLResponse:
    """The form, nothing looked at yet."""
    return _page(desk, frame, replace(asked, checked=""))


def looked(
    desk: Desk, frame: Frame, asked: Asked, look: Look, wrong: tuple[Problem, ...] = ()
) -> HTMLResponse:
    """What becomes different, and every problem with its line; `wrong` came up besides."""
    try:
        found = look(_text(frame, asked))
    except Invalid as error:
        problems = (*wrong, *_shown(error.problems))
        return _page(desk, frame, replace(asked, checked=""), problems=problems)
    problems = (*wrong, *_shown(found.problems))
    usable = not found.problems and found.differs
    asked = replace(asked, checked=fingerprint(asked.body) if usable else "")
    return _page(desk, frame, asked, found, problems)


def confirmed(
    desk: Desk, frame: Frame, asked: Asked, look: Look, act: Callable[[], object]
) -> HTMLResponse | None:
    """Do it, and give nothing back; else the page that says why it was not done."""
    if asked.problem or asked.checked != fingerprint(asked.body):
        unseen = Problem("", frame.words.look_first)
        return looked(desk, frame, asked, look, () if asked.problem else (unseen,))
    try:
        with desk.tx.savepoint():
            act()
    except Conflict:
        moved = Problem("", frame.words.moved)
        return looked(desk, frame, asked, look, (moved,))
    except Invalid as error:
        own = tuple(_worded(frame, one) for one in error.problems if one.where == "reason")
        return looked(desk, frame, asked, look, own)
    return None


def _text(frame: Frame, asked: Asked) -> str:
    if asked.problem:
        raise Invalid(Problem("file", getattr(frame.words, asked.problem)))
    if not asked.body.strip():
        raise Invalid(Problem("body", frame.words.empty))
    return asked.body


def _worded(frame: Frame, problem: Problem) -> Problem:
    key = "reason_missing" if problem.what == "is missing" else "reason_long"
    return Problem("reason", getattr(frame.words, key))


def _shown(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    return tuple(in_form(one) for one in problems)


def in_form(problem: Problem) -> Problem:
    """A problem of the text leads to it, and keeps its line: `line 12, levels.urgent: …`."""
    if problem.where in _FIELDS:
        return problem
    where = _place(problem.where)
    return Problem("body", f"{where}: {problem.what}" if where else problem.what, problem.mend)


def _place(where: str) -> str:
    """`policy:12: levels.urgent` as `line 12, levels.urgent`."""
    place, _, path = where.partition(": ")
    _, _, number = place.partition(":")
    parts = [f"line {number}"] if number.isdecimal() else [] if path else [place]
    return ", ".join([*parts, *([path] if path else [])])


def _page(
    desk: Desk,
    frame: Frame,
    asked: Asked,
    found: Found | None = None,
    problems: tuple[Problem, ...] = (),
) -> HTMLResponse:
    view = ChangingView(
        frame=staff_frame(desk, f"/sites/{desk.staff.site_id}"),
        lang=frame.language,
        links=frame.links,
        back=frame.back,
        heading=frame.heading,
        lead=frame.lead,
        action=frame.action,
        file=frame.file,
        asked=replace(asked, seen=frame.seen),
        label=frame.label,
        hint=frame.hint,
        confirm=frame.confirm,
        looked=found is not None,
        differs=found.differs if found else (),
        notes=tuple(replace(one, where=_place(one.where)) for one in found.notes) if found else (),
        problems=problems,
    )
    status = 422 if problems else 200
    return html("staff/changing.html", view, frame.language, status=status)
