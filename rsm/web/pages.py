"""Rendering: one Jinja environment, strict and escaping; `render` is the only door.

A template gets `view` (a frozen view model of `rsm.web.views`), `frame` (= `view.frame`),
`language`, and on patient pages `t` (the texts). Time comes from `frame.now` and `frame.zone`.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Protocol

import phonenumbers
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from rsm.instruments.pictures import svg_faults
from rsm.kernel.errors import Problem
from rsm.web import charts, when
from rsm.web.texts import texts_in
from rsm.web.views.frame import StaffFrame
from rsm.web.views.patient import PatientFrame
from rsm.web.views.simulated import numeric

STATIC_URL = "/static"
STATIC_DIR = Path(__file__).parent / "static"
_TEMPLATES = Path(__file__).parent / "templates"
_NUMBER = re.compile(r"(\d{3}-\d{3}-\d{4})")
_BOLD = re.compile(r"\*\*(.+?)\*\*")


class View(Protocol):
    """Every view model has the frame of its page."""

    @property
    def frame(self) -> PatientFrame | StaffFrame: ...


def render(template: str, view: View, language: str = "en") -> str:
    """The page `template` (such as `patient/start.html`) filled with `view`, as HTML.

    `language` is the language of the page's own words; one without texts falls back to English,
    and the page's `lang` says so. `around` has the words in the language of a staff page's frame.
    """
    texts = texts_in(language)
    around = texts_in(view.frame.language) if isinstance(view.frame, StaffFrame) else texts
    context: Mapping[str, object] = {
        "view": view,
        "frame": view.frame,
        "language": texts.language,
        "dir": texts.dir,
        "t": SimpleNamespace(**texts.sections()),
        "around": SimpleNamespace(**around.sections()),
        "months": when.words_of(texts.language).months,
    }
    return _environment().get_template(template).render(context)


def render_alone(template: str, view: object, *styles: str) -> str:
    """A page that is a file of its own: its style sheets (static files) stand in it."""
    sheets = "".join((STATIC_DIR / name).read_text(encoding="utf-8") for name in styles)
    context = {"view": view, "styles": Markup(sheets)}  # noqa: S704 - our own files
    return _environment().get_template(template).render(context)


@cache
def static_url(name: str) -> str:
    """The address of a static file with its content hash, so that it may be kept for ever."""
    digest = hashlib.sha256((STATIC_DIR / name).read_bytes()).hexdigest()
    return f"{STATIC_URL}/{name}?v={digest[:12]}"


def template_names() -> tuple[str, ...]:
    """All templates, parts and bases included."""
    return tuple(_environment().list_templates(extensions=("html",)))


def phone(number: str) -> str:
    """An E.164 number as people read it: `202-555-0140`, abroad `+34 600 …`; else unchanged."""
    if re.fullmatch(r"\+1\d{10}", number):
        return f"{number[2:5]}-{number[5:8]}-{number[8:]}"
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def fill(text: str, **values: object) -> Markup:
    """A text of ours with its places filled (escaped) and `**bold**` set."""
    marked = _BOLD.sub(r"<b>\1</b>", str(escape(text)))
    return Markup(marked).format(**values)  # noqa: S704 - escaped the line before


def apart(value: object) -> object:
    """What is filled into a text that is written from right to left: it keeps its own direction.

    A date, an hour or a telephone number would else be read from its end.
    """
    return Markup("<bdi>{}</bdi>").format(value) if isinstance(value, str) else value


def unbroken(text: str) -> Markup:
    """The text, its phone numbers kept on one line, and from left to right."""
    marked = _NUMBER.sub(r'<span class="nw" dir="ltr">\1</span>', str(escape(text)))
    return Markup(marked)  # noqa: S704 - escaped the line before


@lru_cache(maxsize=256)
def drawing(svg: str) -> Markup:
    """A drawing of an instrument, as it is; nothing of one that holds more than plain shapes."""
    return Markup() if any(svg_faults(svg)) else Markup(svg)  # noqa: S704 - looked through


def plural(section: SimpleNamespace, key: str, count: int, **values: object) -> Markup:
    """The text `<key>_one` or `<key>_other` of a page's texts, by `count`."""
    text: str = getattr(section, f"{key}_{'one' if count == 1 else 'other'}")
    return fill(text, count=count, **values)


def counted(number: int, one: str, many: str = "") -> str:
    """`1 patient`, `2 patients`; `many` where an s does not do."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def told(problem: Problem, *, named: bool = False) -> str:
    """A problem as a sentence: `Phone: is missing (an enrolled patient needs one)`."""
    what, mend = problem.what, problem.mend
    if what[:1].isupper():
        return f"{what.rstrip('.')}. {mend}".strip()
    text = f"{what} ({mend})" if mend else what
    if named and problem.where:
        return f"{_capital(problem.where.replace('_', ' '))}: {text}"
    return _capital(text)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        auto_reload=False,  # they come with the release
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "ago": when.ago,
        "counted": counted,
        "day_time": when.day_time,
        "drawing": drawing,
        "fill": _fill,
        "local_date": when.local_date,
        "local_time": when.local_time,
        "numeric": numeric,
        "patient_time": _patient_time,
        "phone": phone,
        "plural": _plural,
        "short_date": when.short_date,
        "short_day_time": when.short_day_time,
        "span": when.span,
        "staff_time": _staff_time,
        "told": told,
        "unbroken": unbroken,
    }
    environment.globals |= {
        "clock_bar": charts.clock_bar,
        "growing_bars": charts.growing_bars,
        "no_time": timedelta(),
        "qr_code": charts.qr_code,
        "run_chart": charts.run_chart,
        "share_bar": charts.share_bar,
        "stacked_bar": charts.stacked_bar,
        "static_url": static_url,
        "week_bars": charts.week_bars,
    }
    return environment


@pass_context
def _fill(context: Context, text: str, **values: object) -> Markup:
    """`fill` on a page; in a text from right to left, what is filled in stands apart."""
    if context.get("dir") == "rtl":
        values = {name: apart(value) for name, value in values.items()}
    return fill(text, **values)


@pass_context
def _plural(
    context: Context, section: SimpleNamespace, key: str, count: int, **values: object
) -> Markup:
    """`plural` on a page."""
    text: str = getattr(section, f"{key}_{'one' if count == 1 else 'other'}")
    return _fill(context, text, count=count, **values)


@pass_context
def _patient_time(context: Context, instant: datetime) -> str:
    """Day and 12-hour time in the patient's zone and language, as seen from the page's now."""
    frame: PatientFrame = context["frame"]
    return when.day_time(instant, frame.now, frame.zone, context["language"], hours=12)


@pass_context
def _staff_time(context: Context, instant: datetime) -> str:
    """Day and 24-hour time in the site's zone; today only the time."""
    frame: StaffFrame = context["frame"]
    text = when.day_time(instant, frame.now, frame.zone)
    return text.removesuffix(" today")
