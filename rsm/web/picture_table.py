"""The table of a picture as a file: CSV that a spreadsheet opens with its accents."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

from fastapi import Response

from rsm.web.picture_file import file_name

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_file(head: Sequence[str], rows: Iterable[Sequence[str]], name: str) -> Response:
    """Rows for whoever downloads them. What a spreadsheet would take for a formula is text."""
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow([_plain(cell) for cell in head])
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    headers = {"content-disposition": f'attachment; filename="{file_name(name, "csv")}"'}
    return Response(out.getvalue().encode("utf-8-sig"), media_type="text/csv", headers=headers)


def _plain(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) and len(cell) > 1 else cell
