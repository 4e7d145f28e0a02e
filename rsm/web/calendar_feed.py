"""The duty roster for calendar programs, at a secret address. Reading it changes nothing (P9)."""

from fastapi import APIRouter
from fastapi.responses import Response

from rsm.kernel.errors import NotFound
from rsm.sites.rota import feeds
from rsm.sites.rota.feed import CONTENT_TYPE
from rsm.web.deps import OpenTx

router = APIRouter(include_in_schema=False)


@router.get(feeds.PATH + "{name}")
def show_feed(name: str, tx: OpenTx) -> Response:
    """The feed; whoever has the address may read it."""
    if not name.endswith(".ics"):
        raise NotFound("no such calendar")
    return Response(feeds.read(tx, name.removesuffix(".ics")), media_type=CONTENT_TYPE)
