"""What providers call: reports, texts, and keys of calls. Signed, answered at once, stored first.

A forged call stores nothing, and the trail tells of it (`refusals`). The signature is held against
the address as the provider called it, under `public_url`: no header of the request is believed.
"""

from typing import Annotated
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from rsm.flow import voice, voice_survey
from rsm.flow.inbound import receive_status, receive_text
from rsm.kernel.errors import NotAllowed, NotFound
from rsm.web.bodies import body_of
from rsm.web.refusals import Refusals
from rsm.web.services import Callbacks, TheServices

router = APIRouter(prefix="/hooks/twilio", include_in_schema=False)

_SIGNATURE = "X-Twilio-Signature"
_MOST_BYTES = 64 * 1024  # ten times the longest text with all that stands around it
# An empty answer: ours goes through the outbox, like every other message.
_NO_ANSWER = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


async def form_of(request: Request) -> dict[str, str]:
    """Every field of the body, empty ones too: the signature is over all of them."""
    raw = await body_of(request, _MOST_BYTES)
    return dict(parse_qsl(raw.decode("latin-1"), keep_blank_values=True))


Form = Annotated[dict[str, str], Depends(form_of)]


def genuine(request: Request, form: Form, services: TheServices) -> Callbacks:
    """The reader of the provider's forms, once the call has shown that it is the provider's."""
    if services.signature is None or services.callbacks is None:
        raise NotFound("no provider calls back here")
    if not services.signature.valid(_called(request), form, request.headers.get(_SIGNATURE)):
        refusals: Refusals = request.app.state.refusals
        refusals.note("twilio")
        raise NotAllowed("the signature does not fit")
    return services.callbacks


Genuine = Annotated[Callbacks, Depends(genuine)]


def _called(request: Request) -> str:
    """Path and query as they came over the wire, never decoded."""
    raw = request.scope.get("raw_path") or request.url.path.encode()
    query = request.scope.get("query_string", b"")
    return (raw + b"?" + query if query else raw).decode("latin-1")


@router.post("/status/{site_id}/{message_id}")
def status(
    site_id: UUID, message_id: UUID, form: Form, callbacks: Genuine, services: TheServices
) -> Response:
    """A report on a text or a call; one that we do not know is no fault of the provider's."""
    receive_status(services.db, callbacks.status(form), site_id, message_id)
    return Response(status_code=204)


@router.post("/inbound")
def inbound(form: Form, callbacks: Genuine, services: TheServices) -> Response:
    """A text to one of our numbers: answered with nothing, once it is stored."""
    receive_text(services.db, callbacks.text(form))
    return Response(_NO_ANSWER, media_type="application/xml")


@router.post("/keys/{site_id}/{message_id}")
def key(
    site_id: UUID, message_id: UUID, form: Form, callbacks: Genuine, services: TheServices
) -> Response:
    """A key that was pressed in a call: what it did is said at once, while she holds the line."""
    pressed = callbacks.key(form)
    answer = voice.press(services.db, pressed, (site_id, message_id), services.public_url)
    return Response(callbacks.spoken(answer), media_type="application/xml")


def _where(site_id: UUID, message_id: UUID) -> tuple[UUID, UUID]:
    return site_id, message_id


Where = Annotated[tuple[UUID, UUID], Depends(_where)]


@router.post("/survey/{site_id}/{message_id}")
@router.post("/survey/{site_id}/{message_id}/{turn}")
def survey(
    where: Where, form: Form, callbacks: Genuine, services: TheServices, turn: str = ""
) -> Response:
    """A patient's call asks what to say: it was taken, or she pressed keys (`turn`: where it
    stands)."""
    given = callbacks.turn(form)
    answer = voice_survey.turn(services.db, given, where, turn, services.public_url)
    return Response(callbacks.spoken(answer), media_type="application/xml")
