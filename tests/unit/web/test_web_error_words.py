"""Error pages of staff: every status and everything that may be crowded has words, by language."""

import pytest
from fastapi import Request

from rsm.kernel.errors import Busy, Conflict, Crowded, Refused
from rsm.web import error_pages, errors
from rsm.web.texts import texts_for
from tests.loops import run

LANGUAGES = ("en", "es")


def asked(path: str, accepts: str = "") -> Request:
    headers = [(b"accept-language", accepts.encode())] if accepts else []
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": headers}
    return Request(scope | {"state": {"request_id": "X1"}})


def said(path: str, error: Exception, accepts: str = "") -> str:
    answer = run(errors._answer(asked(path, accepts), error))
    return bytes(answer.body).decode()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_status_and_every_crowd_has_words(language: str) -> None:
    texts = texts_for("staff_errors", language)
    assert texts.language == language
    words = texts.pages["staff_errors"]
    for status in {500, *errors.TABLE.values()}:
        assert error_pages._known(status) == status
        assert {f"heading_{status}", f"text_{status}"} <= words.keys()
    assert {f"busy_{what}" for what in Crowded} <= words.keys()


def test_whoever_asks_too_much_is_told_in_her_own_language() -> None:
    busy = Busy(Crowded.PDF, "other PDF files are being made")
    page = said("/sites/1/reports", busy, "es-MX,es;q=0.9,en;q=0.5")
    assert '<html lang="es"' in page
    assert "RSM no puede responder ahora" in page
    assert "se están haciendo otros archivos PDF" in page
    assert "X1" in page
    assert "other PDF" not in page
    assert "other PDF files are being made" in said("/sites/1/reports", busy, "ar")
    assert "other PDF files are being made" in said("/api/v1/reports", busy, "es")


def test_what_is_said_in_english_on_a_spanish_page_is_marked_as_english() -> None:
    page = said("/alerts", Refused("Dana Reyes was faster"), "es")
    assert "Cambió mientras tanto" in page
    assert '<ul class="bullets" lang="en">' in page
    assert "Dana Reyes was faster" in page


def test_a_status_without_words_of_its_own_has_those_of_its_kind() -> None:
    assert error_pages._known(418) == 400
    assert error_pages._known(504) == 500
    assert "It has changed meanwhile" in said("/alerts", Conflict("never shown"))
    assert "never shown" not in said("/alerts", Conflict("never shown"))
