"""The data dictionary as a table: what each column holds, in which unit and codes, and why it may
be empty.

Codes of items carry the labels of the questionnaire itself, under its licence; figures are named as
everywhere (`rsm.metrics.definitions`). For programs the same stands in `export_package`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rsm.instruments.model import Instrument, Item, NumberItem
from rsm.kernel.words import Pin
from rsm.metrics import definitions
from rsm.reports.export_cells import Field, Type
from rsm.reports.export_csv import guarded
from rsm.reports.export_items import ItemColumn, codes_of, spoken
from rsm.reports.export_model import Code, Kind, Request, Shape, Table

_HEAD = (
    *("table", "column", "type", "unit", "description", "codes", "missing", "source"),
    *("item", "instrument", "version", "licence"),
)


@dataclass(frozen=True)
class Content:
    """What an export holds: its tables with their columns, and the questionnaires behind them."""

    request: Request
    tables: Sequence[tuple[Table, Sequence[Field]]]
    instruments: Mapping[Pin, Instrument]
    items: Sequence[ItemColumn]
    language: str


def file_name(table: Table, request: Request) -> str:
    """`answers.csv`, `answers_wide.parquet`."""
    wide = request.shape is Shape.WIDE and table.name == "answers"
    return f"{table.name}{'_wide' if wide else ''}.{request.format}"


def lines(content: Content) -> Iterator[tuple[str, ...]]:
    """The rows of `dictionary.csv`, its head first: columns, then items by questionnaire."""
    yield _HEAD
    for table, fields in content.tables:
        for field in fields:
            yield (*_line(table.name, field), "", "", "", "")
    for pin, instrument in content.instruments.items():
        for item in instrument.items:
            if item.code not in instrument.hidden_codes:
                yield _item_line(content, pin, instrument, item)
    for measure in definitions.MEASURES:
        of = f"{measure.numerator} / {measure.denominator}" if measure.denominator else ""
        about = (measure.words, of or measure.numerator, "without " + ", ".join(measure.excluded))
        words = "; ".join(about)
        yield ("(figures)", measure.id, "", "", words, "", "", measure.source, "", "", "", "")


def _line(table: str, field: Field) -> tuple[str, ...]:
    column = field.column
    source = column.source or table.rstrip("s")
    described = (field.type.value, guarded(unit_of(field)), column.words, _coded(column.codes))
    return (table, guarded(field.name), *described, column.missing, source)


def _item_line(content: Content, pin: Pin, instrument: Instrument, item: Item) -> tuple[str, ...]:
    column = next(
        (each.name for each in content.items if each.code == item.code and pin in each.asked_in),
        "value",
    )
    unit = item.unit if isinstance(item, NumberItem) else ""
    asked = spoken(item.text, content.language) if instrument.licence.display else ""
    codes = item_codes(instrument, item, content.language)
    licence = "; ".join(
        filter(None, (instrument.licence.name, instrument.licence.holder, instrument.licence.terms))
    )
    return (
        *("answers", guarded(column), item.type, guarded(unit), guarded(asked), _coded(codes)),
        *("see `status`", "response", item.code, pin.key, pin.version, guarded(licence)),
    )


def item_codes(instrument: Instrument, item: Item, language: str) -> tuple[Code, ...]:
    """The item's codes with their labels, unless the licence does not let us show these."""
    codes = codes_of(item, language)
    return codes if instrument.licence.display else tuple(Code(each.value) for each in codes)


def _coded(codes: Sequence[Code]) -> str:
    return guarded("; ".join(_code(each) for each in codes))


def _code(code: Code) -> str:
    value = str(code.value)
    return value if code.label in {"", value} else f"{value} = {code.label}"


def unit_of(field: Field) -> str:
    """The unit of a column; a day that is counted is in days."""
    if field.column.kind in {Kind.DAY, Kind.INSTANT} and field.type is Type.INTEGER:
        return "days"
    return field.column.unit
