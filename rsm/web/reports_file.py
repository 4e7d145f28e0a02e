"""What the worker asks of the pages: a report in words and pictures, and its PDF."""

import logging

from rsm.db.work import Tx
from rsm.reports.model import Made, Wanted
from rsm.web import pdf, reports_month

_LOG = logging.getLogger(__name__)


class MonthWriter:
    """Writes the monthly report (`rsm.flow.reports_due.Writer`)."""

    def write(self, tx: Tx, wanted: Wanted) -> Made:
        """The report as one HTML file."""
        return reports_month.made(tx, wanted)


class PdfPrinter:
    """Prints it (`rsm.reports.ports.Printer`)."""

    def pdf(self, html: str) -> bytes | None:
        """None where Pango's libraries are missing: the log says so, and `rsm doctor`."""
        try:
            return pdf.pdf_of(html)
        except pdf.PdfUnavailable:
            _LOG.warning("a report leaves as HTML", extra={"action": "report.no_pdf"})
            return None
