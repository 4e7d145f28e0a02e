"""The door to exports: read as whoever asks, in one snapshot; recorded before the files are there.

Whatever goes wrong on the way, nothing half is left, and nothing leaves that is not on record.
"""

import csv
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import text

from rsm.db.still import still
from rsm.db.work import Database, Scope, Tx
from rsm.instruments import service as instruments
from rsm.instruments.model import Instrument
from rsm.kernel.errors import Busy, Crowded, Invalid, Problem
from rsm.kernel.words import Actor, Pin
from rsm.metrics import extract, extract_asked
from rsm.metrics.extract import Present, Span
from rsm.reports import (
    export_csv,
    export_dictionary,
    export_package,
    export_parquet,
    export_readme,
    export_store,
    participation,
)
from rsm.reports.export_cells import Field, Naming, fields
from rsm.reports.export_columns import ANSWERS, REPORT_COLUMNS, SURVEYS, TABLES
from rsm.reports.export_decide import check, period_of
from rsm.reports.export_dictionary import Content
from rsm.reports.export_files import Staging, staged
from rsm.reports.export_items import ItemColumn, item_columns
from rsm.reports.export_model import Export, File, Format, Request, Run, Shape, Table, Way
from rsm.reports.export_read import Reader, batched
from rsm.security.audit import Subject, record
from rsm.sites import service as sites
from rsm.sites.model import SiteView

LISTED = 50
MOST_SURVEYS_ON_PAGE = 20_000  # of a web thread no more: a quarter of a minute, and some 30 MB
_NAMED_AT_ONCE = 1000
_WIDE = ("survey", "patient", "instrument", "instrument_version", "window", "answered", "language")


def export(db: Database, actor: Actor, site_id: UUID, request: Request, out: Path) -> Export:
    """Export a site's days to a folder, or to a .zip, that is not there yet.

    The caller has made sure that the actor may (`export_decide.allow`). Raises `Invalid` for what
    is no request, a period in which nothing happened, and a place where nothing can be written.
    """
    check(request, actor)
    with staged(out) as staging:
        with still(db).begin(Scope.site(site_id), actor) as tx:
            tx.allow_pauses()
            _alone(tx, site_id)
            making = _Making.of(tx, sites.get(tx, site_id), request, staging)
            made = making.export()
            _note(tx, site_id, made, [each.id for each in making.reader.present])
        staging.publish(made.made_at)
    return made


def runs(tx: Tx, site_id: UUID) -> Sequence[Run]:
    """The latest exports of a site, the newest first."""
    return export_store.latest(tx, site_id, LISTED)


def _alone(tx: Tx, site_id: UUID) -> None:
    """One export of a site at a time: each reads all that there is."""
    key = int.from_bytes(hashlib.sha256(b"export" + site_id.bytes).digest()[:8], signed=True)
    got = tx.session.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": key})
    if not got.scalar_one():
        said = "another export of this site is being made: try again when it is done"
        raise Busy(Crowded.EXPORT_OF_SITE, said)


@dataclass(frozen=True)
class _Making:
    """One export on its way."""

    tx: Tx
    site: SiteView
    reader: Reader
    content: Content
    staging: Staging

    @classmethod
    def of(cls, tx: Tx, site: SiteView, request: Request, staging: Staging) -> "_Making":
        days = request.days
        span = Span(site.id, days, period_of(days.first, days.last, site.zone), request.with_tests)
        if request.way is Way.PAGE:
            _fits_a_page(tx, span)
        naming = Naming(tx.vault, site.id, request.project, request.identified)
        asked = _instruments(tx, span)
        items = item_columns(asked, [each.name for each in fields(SURVEYS, request.dates)])
        present = _in_order(extract.present(tx, span), naming)
        reader = Reader(tx, span, request, naming, present, asked, items)
        content = Content(request, _tables(request, items), asked, items, site.languages[0])
        return cls(tx, site, reader, content, staging)

    def export(self) -> Export:
        """Write everything but its last name."""
        request = self.content.request
        tables = [self._table(table, columns) for table, columns in self.content.tables]
        counts = {
            table.name: file.rows or 0
            for (table, _), file in zip(self.content.tables, tables, strict=True)
        }
        if not any(count for name, count in counts.items() if name != "patients"):
            what = f"nothing was asked, answered or raised from {_words(request)}"
            raise Invalid(Problem("from", what, "choose other days"))
        files = [*tables, self._participation(), self._dictionary(), self._package(tables)]
        files.append(self._readme(files))
        return Export(request, self.tx.now, counts, tuple(files), self.staging.seal(files))

    def _table(self, table: Table, columns: Sequence[Field]) -> File:
        name = export_dictionary.file_name(table, self.content.request)
        path, rows = self.staging.folder / name, self.reader.rows(table.name, columns)
        if self.content.request.format is Format.CSV:
            return self.staging.file(name, export_csv.write(path, columns, rows))
        about = json.dumps(export_package.schema(table, columns), ensure_ascii=False)
        return self.staging.file(name, export_parquet.write(path, columns, rows, about))

    def _participation(self) -> File:
        counts = participation.participation(self.tx, self.reader.span)
        return self._lines("participation.csv", participation.lines(counts))

    def _dictionary(self) -> File:
        return self._lines("dictionary.csv", export_dictionary.lines(self.content))

    def _lines(self, name: str, lines: Iterable[Sequence[str]]) -> File:
        with (self.staging.folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\r\n").writerows(lines)
        return self.staging.file(name)

    def _package(self, tables: Sequence[File]) -> File:
        request = self.content.request
        about = {
            "site": self.site.name,
            "from": request.days.first.isoformat(),
            "to": request.days.last.isoformat(),
            "created": self.tx.now.isoformat(timespec="seconds"),
            "project": request.project,
            "shape": request.shape.value,
            "dates": request.dates.value,
            "identified": request.identified,
            "test_patients": request.with_tests,
        }
        document = export_package.package(self.content, tables, about)
        written = json.dumps(document, ensure_ascii=False, indent=1)
        return self._text("datapackage.json", written + "\n")

    def _readme(self, files: Sequence[File]) -> File:
        made_at = self.tx.now.isoformat(sep=" ", timespec="seconds")
        words = export_readme.text(self.site.name, made_at, self.content, files)
        return self._text("README.txt", words)

    def _text(self, name: str, words: str) -> File:
        (self.staging.folder / name).write_text(words, encoding="utf-8")
        return self.staging.file(name)


def _fits_a_page(tx: Tx, span: Span) -> None:
    if extract_asked.has_more(tx, span, MOST_SURVEYS_ON_PAGE):
        what = f"more than {MOST_SURVEYS_ON_PAGE} surveys in these days"
        raise Invalid(Problem("size", what, "choose fewer days, or on the server: rsm export"))


def _instruments(tx: Tx, span: Span) -> Mapping[Pin, Instrument]:
    pins = {Pin.of(each) for each in extract.instruments(tx, span) if isinstance(each, Mapping)}
    return {pin: instruments.load(tx, pin) for pin in sorted(pins, key=lambda each: each.key)}


def _in_order(present: Iterable[Present], naming: Naming) -> list[Present]:
    """By what they are called in this export."""
    return sorted(present, key=lambda each: naming.of("patient", each.id))


def _tables(
    request: Request, items: Sequence[ItemColumn]
) -> tuple[tuple[Table, tuple[Field, ...]], ...]:
    wanted = [_wide(items) if table is ANSWERS else table for table in TABLES]
    tables = wanted if request.shape is Shape.WIDE else TABLES
    return tuple(
        (table, fields(table, request.dates, identified=request.identified)) for table in tables
    )


def _wide(items: Sequence[ItemColumn]) -> Table:
    """A row for each survey: whose and when, and each item with why it has no value."""
    whose = [column for column in SURVEYS.columns if column.name in _WIDE]
    values = [column for each in items for column in each.columns]
    words = "One row a survey, and of each item a column with its value and one that says why none"
    return Table(ANSWERS.name, words, (*whose, *REPORT_COLUMNS, *values), ("survey",))


def _words(request: Request) -> str:
    return f"{request.days.first} to {request.days.last}"


def _note(tx: Tx, site_id: UUID, made: Export, patients: Iterable[UUID]) -> None:
    """What left the house, on record and in the trail: ids, codes and counts; of whom, where it
    says who they are."""
    run_id, request = tx.new_id(), made.request
    export_store.add(tx, run_id, site_id, made)
    subject = Subject("export", run_id)
    record(
        tx,
        "export.made",
        subject,
        site_id,
        first=request.days.first,
        last=request.days.last,
        way=request.way,
        format=request.format,
        shape=request.shape,
        dates=request.dates,
        identified=request.identified,
        with_tests=request.with_tests,
        hash=made.hash,
        **{f"rows_{name}": count for name, count in made.counts.items()},
    )
    for ids in batched(patients, _NAMED_AT_ONCE) if request.identified else ():
        record(tx, "export.named", subject, site_id, patients=ids)
