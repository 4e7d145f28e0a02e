"""The data dictionary for programs: a Frictionless Data Package (`datapackage.json`)."""

from collections.abc import Mapping, Sequence

from rsm import __version__
from rsm.instruments.model import Instrument, Item, NumberItem
from rsm.kernel.words import Pin
from rsm.metrics import definitions
from rsm.metrics.measure import Measure
from rsm.reports.export_cells import Field
from rsm.reports.export_dictionary import Content, file_name, item_codes, unit_of
from rsm.reports.export_model import File, Format, Kind, Request, Table

_PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
_MEDIA = {Format.CSV: "text/csv", Format.PARQUET: "application/vnd.apache.parquet"}
_REFERENCES = {"patient": ("patients", "patient"), "survey": ("surveys", "survey")}
_CLOSED = {"answers", "scores"}  # what these refer to is in the export; others may reach beyond it


def package(
    content: Content, files: Sequence[File], about: Mapping[str, object]
) -> dict[str, object]:
    """The descriptor of all tables. `about` is what the README says in words."""
    of_file = {file.name: file for file in files}
    return {
        "$schema": _PROFILE,
        "name": "rsm-export",
        "title": "Export of remote symptom monitoring",
        "resources": [
            _resource(content.request, table, fields, of_file[file_name(table, content.request)])
            for table, fields in content.tables
        ],
        "rsm": {
            "version": __version__,
            **about,
            "instruments": [
                _instrument(pin, each, content.language)
                for pin, each in content.instruments.items()
            ],
            "figures": [_figure(each) for each in definitions.MEASURES],
        },
    }


def _resource(
    request: Request, table: Table, fields: Sequence[Field], file: File
) -> dict[str, object]:
    csv = {"encoding": "utf-8"} if request.format is Format.CSV else {}
    return {
        "name": file.name.partition(".")[0].replace("_", "-"),
        "type": "table",
        "path": file.name,
        "format": request.format.value,
        "mediatype": _MEDIA[request.format],
        **csv,
        "description": table.words,
        "bytes": file.bytes,
        "hash": f"sha256:{file.hash}",
        "rows": file.rows,
        "schema": schema(table, fields),
    }


def schema(table: Table, fields: Sequence[Field]) -> dict[str, object]:
    """The Table Schema of one table."""
    found: dict[str, object] = {
        "fields": [_field(each) for each in fields],
        "missingValues": [""],
        "primaryKey": list(table.key),
    }
    names = {each.name for each in fields}
    references = [
        {"fields": [name], "reference": {"resource": other, "fields": [key]}}
        for name, (other, key) in _REFERENCES.items()
        if name in names and other != table.name and (name == "patient" or table.name in _CLOSED)
    ]
    return {**found, "foreignKeys": references} if references else found


def _field(field: Field) -> dict[str, object]:
    column = field.column
    more: dict[str, object] = {}
    if column.codes and column.kind is not Kind.TEXT:
        more["categories"] = [
            {"value": each.value, "label": each.label or str(each.value)} for each in column.codes
        ]
    if unit := unit_of(field):
        more["unit"] = unit
    if column.missing:
        more["whenMissing"] = column.missing
    return {"name": field.name, "type": field.type.value, "description": column.words, **more}


def _instrument(pin: Pin, instrument: Instrument, language: str) -> dict[str, object]:
    spoken_in = instrument.languages.get(language) or instrument.languages.get("en")
    return {
        **pin.document,
        "title": spoken_in.title if spoken_in else pin.key,
        "validated": instrument.validated,
        "licence": instrument.licence.model_dump(include={"name", "holder", "terms"}),
        "items": [
            _item(instrument, item, language)
            for item in instrument.items
            if item.code not in instrument.hidden_codes
        ],
    }


def _item(instrument: Instrument, item: Item, language: str) -> dict[str, object]:
    return {
        "code": item.code,
        "type": item.type,
        "symptom": item.symptom,
        "attribute": item.attribute,
        "unit": item.unit if isinstance(item, NumberItem) else None,
        "text": dict(item.text) if instrument.licence.display else {},
        "codes": [
            {"value": each.value, "label": each.label}
            for each in item_codes(instrument, item, language)
        ],
    }


def _figure(measure: Measure) -> dict[str, object]:
    return {
        "id": measure.id,
        "title": measure.words,
        "numerator": measure.numerator,
        "denominator": measure.denominator,
        "excluded": list(measure.excluded),
        "source": measure.source,
    }
