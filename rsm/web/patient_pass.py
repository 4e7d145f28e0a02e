"""The signed cookie of a visit: which answers this browser may see. It hides, and opens nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from rsm.kernel.vault import Vault
from rsm.kernel.words import Reporter
from rsm.web import patient_help

COOKIE = "rsm_visit"
STAYS = timedelta(hours=1)
_PURPOSE = "patient.visit"


@dataclass(frozen=True)
class Pass:
    """What a browser may see: answers given since `since`, or all once the birth date is known."""

    link_id: UUID
    since: datetime
    known: bool = False
    reporter: Reporter = Reporter.SELF


def sign(vault: Vault, may_see: Pass, now: datetime) -> str:
    """The cookie's content."""
    content = {
        "link": str(may_see.link_id),
        "since": may_see.since.isoformat(),
        "until": (now + STAYS).isoformat(),
        "known": may_see.known,
        "by": may_see.reporter.value,
    }
    return patient_help.sign(vault, _PURPOSE, content)


def read(vault: Vault, cookie: str, link_id: UUID, now: datetime) -> Pass | None:
    """The browser's pass, if it is ours, of this link, and not too old."""
    kept = patient_help.unsign(vault, _PURPOSE, cookie)
    if kept is None or kept["link"] != str(link_id):
        return None
    if datetime.fromisoformat(str(kept["until"])) <= now:
        return None
    since = datetime.fromisoformat(str(kept["since"]))
    return Pass(link_id, since, bool(kept["known"]), Reporter(str(kept["by"])))
