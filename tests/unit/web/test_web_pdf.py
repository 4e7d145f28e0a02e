"""A report as PDF: tagged, named, in its language, drawn, and made without any request."""

import logging
import re
import socket
import zlib
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Semaphore
from types import ModuleType

import pytest

from rsm.kernel.errors import Busy
from rsm.web import pdf
from rsm.web.charts import RunPoint, run_chart
from rsm.web.reports_month import file_of, view_of
from tests.report_facts import month_facts

POINTS = [RunPoint(f"w{week}", 70 + week, 100) for week in range(4)]
PAGE = (
    '<!doctype html><html lang="es"><head><title>Informe</title></head><body><h1>Niño</h1>'
    '<figure><figcaption id="pc">Un <b>hallazgo</b> &amp; más <small>notas</small></figcaption>'
    f"{run_chart(POINTS, 'pc')}</figure></body></html>"
)


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "fontTools")


def streams(content: bytes) -> str:
    """What is drawn on all pages, unpacked."""
    found = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL)
    return "\n".join(_unpacked(each) for each in found)


def _unpacked(stream: bytes) -> str:
    try:
        return zlib.decompress(stream).decode("latin1")
    except zlib.error:
        return stream.decode("latin1")


def test_it_is_tagged_named_and_in_its_language() -> None:
    content = pdf.pdf_of(PAGE)
    assert content.startswith(b"%PDF-")
    everything = content.decode("latin1") + streams(content)
    assert "StructTreeRoot" in everything
    assert "/Lang (es)" in everything
    assert 'pdfuaid:part="1"' in everything
    assert ">Informe<" in everything


def test_a_picture_has_its_own_style_and_its_finding_as_its_name() -> None:
    drawn = pdf.with_drawn_pictures(PAGE)
    assert "<title>Un hallazgo &amp; más</title><style>" in drawn
    assert "var(--" not in drawn
    assert "#0b5a66" in drawn
    line = "0.043137 0.352941 0.4 RG"  # the accent, as a stroke: without a style it would be black
    assert line in streams(pdf.pdf_of(PAGE))


def test_a_report_of_ours_becomes_a_pdf() -> None:
    content = pdf.pdf_of(file_of(view_of(month_facts("es"))))
    assert "/Lang (es)" in content.decode("latin1") + streams(content)


def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("a report made a request")

    monkeypatch.setattr(socket.socket, "connect", never)
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    page = PAGE.replace(
        "<h1>",
        '<img alt="x" src="http://127.0.0.1:9/x.png"><img alt="y" src="file:///etc/hostname"><h1>',
    )
    assert pdf.pdf_of(page).startswith(b"%PDF-")


def test_where_pango_is_missing_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(name: str) -> ModuleType:
        print("WeasyPrint could not import some external libraries")  # noqa: T201 - as it does
        raise OSError(name)

    pdf._printer.cache_clear()
    monkeypatch.setattr(pdf, "import_module", missing)
    with pytest.raises(pdf.PdfUnavailable, match=r"apt-get install libpango-1\.0-0"):
        pdf.pdf_of(PAGE)
    assert "web page" in pdf.missing()
    assert capsys.readouterr().out == ""
    monkeypatch.undo()
    assert pdf.missing() == ""


class Places:
    """The places as they are; `taken` tells of each that somebody got."""

    def __init__(self) -> None:
        self._real = pdf._places
        self.taken = Semaphore(0)
        self.release = self._real.release

    def acquire(self, *, blocking: bool) -> bool:
        got = self._real.acquire(blocking=blocking)
        if got:
            self.taken.release()
        return got


def test_no_more_than_two_wait_for_a_pdf_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each holds a thread of the pages and a transaction: patients answer through the same."""
    places, go_on = Places(), Event()

    def slow(*_: object, **__: object) -> bytes:
        assert go_on.wait(60)
        return b"%PDF"

    monkeypatch.setattr(pdf, "_places", places)
    monkeypatch.setattr(pdf, "_printed", slow)
    with ThreadPoolExecutor(2) as pool:
        two = [pool.submit(pdf.pdf_of, PAGE) for _ in range(2)]
        try:
            for _ in two:  # one is printed, and one waits for it
                assert places.taken.acquire(timeout=60)
            with pytest.raises(Busy, match="PDF files are being made"):
                pdf.pdf_of(PAGE)
        finally:
            go_on.set()
        assert [each.result(60) for each in two] == [b"%PDF"] * 2
    assert pdf.pdf_of(PAGE) == b"%PDF"
