"""What providers call: reports on messages, and texts. Signed, answered at once, stored first.

A forged call stores nothing and is written into the trail. The signature is held against the
address as the provider called it, under `public_url`: no header of the request is believed.
"""

import logging
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from rsm.db.work import NOWHERE, Database
from rsm.flow.inbound import receive_status, receive_text
from rsm.kernel.errors import NotAllowed, NotFound
from rsm.security.audit import Subject, record
from rsm.web.services import Callbacks, TheServices

router = APIRouter(prefix="/hooks/twilio", include_in_schema=False)
log = logging.getLogger(__name__)

_SIGNATURE = "X-Twilio-Signature"
# An empty answer: ours goes through the outbox, like every other message.
_NO_ANSWER = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


async def form_of(request: Request) -> dict[str, str]:
    """Every field of the body, empty ones too: the signature is over all of them."""
    async with request.form() as form:
        return {name: value for name, value in form.multi_items() if isinstance(value, str)}


Form = Annotated[dict[str, str], Depends(form_of)]


def genuine(request: Request, form: Form, services: TheServices) -> Callbacks:
    """The reader of the provider's forms, once the call has shown that it is the provider's."""
    if services.signature is None or services.callbacks is None:
        raise NotFound("no provider calls back here")
    if not services.signature.valid(_called(request), form, request.headers.get(_SIGNATURE)):
        _refused(services.db)
        raise NotAllowed("the signature does not fit")
    return services.callbacks


Genuine = Annotated[Callbacks, Depends(genuine)]


def _called(request: Request) -> str:
    """Path and query as they came over the wire, never decoded."""
    raw = request.scope.get("raw_path") or request.url.path.encode()
    query = request.scope.get("query_string", b"")
    return (raw + b"?" + query if query else raw).decode("latin-1")


def _refused(db: Database) -> None:
    log.warning("a callback with a wrong signature", extra={"action": "hook.refused"})
    with db.begin(NOWHERE) as tx:
        record(tx, "hook.refused", Subject("hook"), provider="twilio")


@router.post("/status/{site_id}/{message_id}")
def status(
    site_id: UUID, message_id: UUID, form: Form, callbacks: Genuine, services: TheServices
) -> Response:
    """A report on a message; one that we do not know is no fault of the provider's."""
    receive_status(services.db, callbacks.status(form), site_id, message_id)
    return Response(status_code=204)


@router.post("/inbound")
def inbound(form: Form, callbacks: Genuine, services: TheServices) -> Response:
    """A text to one of our numbers: answered with nothing, once it is stored."""
    receive_text(services.db, callbacks.text(form))
    return Response(_NO_ANSWER, media_type="application/xml")
