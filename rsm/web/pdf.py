"""A page of ours as PDF: tagged for screen readers (PDF/UA-1), with its language and its title.

WeasyPrint does it, and needs Pango's libraries, which no wheel brings. Where they are missing
everything else goes on, and whoever asks for a PDF is told what to install. Nothing is fetched:
what a document needs stands in it.
"""

import io
import re
from collections.abc import Mapping
from contextlib import redirect_stdout
from functools import cache
from html import unescape
from importlib import import_module
from threading import BoundedSemaphore, Lock
from typing import Protocol, cast

from markupsafe import Markup

from rsm.kernel.errors import Busy, Crowded, Refused
from rsm.web.picture_file import svg_alone

# Debian's names, bookworm's among them; HarfBuzz is what Pango shapes with.
LIBRARIES = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz0b", "libharfbuzz-subset0")
_MISSING = (
    "PDF files cannot be made here: Pango's libraries are missing. Install them (Debian: apt-get"
    f" install {' '.join(LIBRARIES)} fonts-dejavu-core). The report as a web page needs none."
)
_PICTURE = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
_BOX_RULE = re.compile(r"\.chart \{[^}]*\}")  # of a picture on a page: within it, it has no size
_LABELLED = re.compile(r'aria-labelledby="([^" ]+)')
_TAG = re.compile(r"<[^>]+>")
# It draws the outline of letters over them, and has no system's own letters.
_DRAWN = "svg text{stroke:none;font-family:sans-serif}"
_one_at_a_time = Lock()  # pages are laid out by native code: two at once gain nothing on two cores
_places = BoundedSemaphore(2)  # one is printed, one waits: each holds a thread and a transaction


class PdfUnavailable(Refused):
    """A library of the system is missing; its words say which packages to install."""


class _Html(Protocol):
    def write_pdf(self, *, pdf_variant: str) -> bytes: ...


class _Printer(Protocol):
    """As much of WeasyPrint as we use."""

    def HTML(self, *, string: str, url_fetcher: object) -> _Html: ...  # noqa: N802 - its name

    def URLFetcher(self, *, allowed_protocols: tuple[str, ...]) -> object: ...  # noqa: N802


def pdf_of(html: str) -> bytes:
    """The document as PDF/UA-1; its `lang` and its title are the document's.

    Raises `PdfUnavailable` where Pango's libraries are missing, and `Busy` while others wait:
    patients answer through the same threads and connections.
    """
    printer = _printer()
    if not _places.acquire(blocking=False):
        raise Busy(Crowded.PDF, "other PDF files are being made")
    try:
        with _one_at_a_time:
            return _printed(printer, html)
    finally:
        _places.release()


def _printed(printer: _Printer, html: str) -> bytes:
    nothing_outside = printer.URLFetcher(allowed_protocols=())
    document = printer.HTML(string=with_drawn_pictures(html), url_fetcher=nothing_outside)
    return document.write_pdf(pdf_variant="pdf/ua-1")


def missing() -> str:
    """What to install before PDF files can be made; empty: nothing."""
    try:
        _printer()
    except PdfUnavailable as error:
        return str(error)
    return ""


@cache
def _printer() -> _Printer:
    try:
        with redirect_stdout(io.StringIO()):  # it prints advice before it raises
            return cast("_Printer", import_module("weasyprint"))
    except (OSError, ImportError) as error:
        raise PdfUnavailable(_MISSING) from error


# --- pictures -------------------------------------------------------------------------------------


def with_drawn_pictures(html: str) -> str:
    """The document with each picture's style and name in the picture itself.

    WeasyPrint draws a picture by itself: neither the document's style sheet nor
    `aria-labelledby` reaches into it.
    """
    captions = _captions(html)

    def drawn(found: re.Match[str]) -> str:
        labelled = _LABELLED.search(found[0])
        name = captions.get(labelled[1], "") if labelled else ""
        alone = svg_alone(Markup(found[0]), name)  # noqa: S704 - a picture of ours
        return _BOX_RULE.sub("", alone).replace("</style>", f"{_DRAWN}</style>", 1)

    return _PICTURE.sub(drawn, html)


def _captions(html: str) -> Mapping[str, str]:
    """Id of a caption → its words, without the small print."""
    found = re.finditer(r'<figcaption id="([^"]+)">(.*?)(?:<small>|</figcaption>)', html, re.DOTALL)
    return {one[1]: unescape(" ".join(_TAG.sub("", one[2]).split())) for one in found}
