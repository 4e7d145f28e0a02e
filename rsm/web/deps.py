"""What endpoints ask for besides the desk (`rsm.web.auth`): a transaction, a page, a way on.

A transaction is opened with `scope="function"`: it commits after the endpoint has returned and
before the first byte leaves, so that a page never says what was not stored (P3).
"""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends
from fastapi.responses import HTMLResponse, RedirectResponse

from rsm.db.work import NOWHERE, Tx
from rsm.web import pages
from rsm.web.services import TheServices


def open_tx(services: TheServices) -> Iterator[Tx]:
    """A transaction that sees no site yet: `tx.narrow` once it is known whose request it is."""
    with services.db.begin(NOWHERE) as tx:
        yield tx


OpenTx = Annotated[Tx, Depends(open_tx, scope="function")]


def html(template: str, view: pages.View, language: str = "en", status: int = 200) -> HTMLResponse:
    """The page as an answer."""
    return HTMLResponse(pages.render(template, view, language), status_code=status)


def see(url: str) -> RedirectResponse:
    """After a form: go on with a GET, so that a reload sends nothing again."""
    return RedirectResponse(url, status_code=303)
