"""What mail servers hand in: delivery reports and complaints, as whole messages, signed.

`X-RSM-Signature: sha256=<hex>` is the HMAC-SHA256 of the body under `RSM_EMAIL_HOOK_SECRET`. Each
report must besides name one of our e-mails by the return path that we sealed.
"""

import hmac
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from rsm.flow import bounces
from rsm.kernel.errors import NotAllowed, NotFound
from rsm.web.bodies import body_of
from rsm.web.refusals import Refusals
from rsm.web.services import TheServices

router = APIRouter(prefix="/hooks/email", include_in_schema=False)

SIGNATURE = "X-RSM-Signature"
_MOST_BYTES = 1024 * 1024  # a report that returns the whole mail is far shorter


async def message_of(request: Request) -> bytes:
    """The message as it came over the wire."""
    return await body_of(request, _MOST_BYTES)


@router.post("/bounces")
def receive(
    request: Request, raw: Annotated[bytes, Depends(message_of)], services: TheServices
) -> Response:
    """A report on an e-mail: 404 when it is about none of ours, 422 when it is no report."""
    hook = services.mail_hook
    if hook is None:
        raise NotFound("no mail server reports here")
    if not _signed(hook.secret, raw, request.headers.get(SIGNATURE, "")):
        refusals: Refusals = request.app.state.refusals
        refusals.note("email")
        raise NotAllowed("the signature does not fit")
    if not bounces.receive(services.db, hook.reports.read(raw)):
        raise NotFound("no e-mail of ours")
    return Response(status_code=204)


def _signed(secret: str, raw: bytes, given: str) -> bool:
    fits = "sha256=" + hmac.digest(secret.encode(), raw, "sha256").hex()
    return hmac.compare_digest(fits.encode(), given.encode())
