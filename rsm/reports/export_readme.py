"""The page that lies beside the tables: what this is, of which days, how to read it."""

from collections.abc import Iterator, Sequence

from rsm import __version__
from rsm.reports.export_dictionary import Content
from rsm.reports.export_files import SUMS
from rsm.reports.export_model import Dates, File, Format, Request, Shape

_WIDTH = 34


def text(site: str, made_at: str, content: Content, files: Sequence[File]) -> str:
    """The README of one export. `files` are all but itself."""
    return "\n".join(_lines(site, made_at, content, files)) + "\n"


def _lines(site: str, made_at: str, content: Content, files: Sequence[File]) -> Iterator[str]:
    request = content.request
    yield f"Export of remote symptom monitoring: {site}"
    yield ""
    yield f"Days      {request.days.first} to {request.days.last}, on the site's clock"
    yield f"Made      {made_at} (UTC), by RSM {__version__}"
    yield f"For       {request.project}"
    yield f"Patients  {_who(request)}"
    yield f"Days are  {_days(request)}"
    yield ""
    yield "Files, with their rows and SHA-256"
    for file in files:
        rows = "" if file.rows is None else f"{file.rows} rows"
        yield f"  {file.name.ljust(24)}{rows.rjust(14)}  {file.hash}"
    yield f"  {SUMS.ljust(24)}{'':14}  check all of them: sha256sum -c {SUMS}"
    yield ""
    yield "Questionnaires"
    for pin in content.instruments:
        yield f"  {f'{pin.key} {pin.version}'.ljust(_WIDTH)}  {pin.hash}"
    if not content.instruments:
        yield "  none was answered"
    yield ""
    yield from _how(request)


def _who(request: Request) -> str:
    tests = "; test patients are there, and marked" if request.with_tests else ""
    if request.identified:
        return f"IDENTIFIED, with names and what they wrote: keep it as you keep a record{tests}"
    return f"pseudonymised; whoever was erased is not there{tests}"


def _days(request: Request) -> str:
    if request.dates is Dates.CALENDAR:
        return "dates of the calendar, instants in UTC"
    return "counted from each patient's enrolment, which is day 0, on her own clock"


def _how(request: Request) -> Iterator[str]:
    yield "How to read it"
    yield "- dictionary.csv says of each column what it holds; datapackage.json says it to programs"
    yield "  (Frictionless Data Package). The figures of the pages are defined there as well."
    yield "- Missing is not zero. A value is empty where there is none, and `status` says why:"
    yield "  left out, refused, not applicable, not asked. `structural_zero` is a zero: the"
    yield "  question was not asked, since the one that it hangs on was answered 0."
    if request.shape is Shape.WIDE:
        yield "- answers_wide has a row for each survey and two columns for each item: its value,"
        yield "  and `.status`, which says why there is none."
    if not request.identified:
        yield "- A pseudonym is the same in every export of this site for the same project, and"
        yield "  another for any other. Free text, names, numbers and dates of birth are not there."
        yield "  Values that few patients have may still point at one of them: do not try."
    if request.format is Format.CSV:
        yield "- CSV: UTF-8, RFC 4180. A text that a spreadsheet would take for a formula has an"
        yield "  apostrophe in front, and so has one that begins with an apostrophe."
    yield "- Labels of questionnaires stand under the licence that the dictionary names."
