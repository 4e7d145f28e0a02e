"""The signed cookie of a visit: which answers this browser may see. It hides, and opens nothing.

It names each answer that this browser has given, by its place in the survey and the time when it
was stored: one that was stored at another time was given elsewhere, and is not shown.
"""

import base64
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from starlette.responses import Response

from rsm.kernel.vault import Vault
from rsm.kernel.words import Reporter
from rsm.web import patient_help

COOKIE = "rsm_visit"
STAYS = timedelta(hours=1)
OWN_WORDS = 0  # the place of the words at the end; those of the items count from 1
_PURPOSE = "patient.visit"
_TICK = timedelta(milliseconds=1)
_LATEST = 2**32  # in ticks: seven weeks, and a visit ends an hour after its last page
_AT_MOST = 300  # answers, the last ones: a cookie of 4 kB is kept by every browser
_ENTRY = struct.Struct(">HI")

Gave = Mapping[int, int]  # place → ticks since the visit began; of words, their mark


@dataclass(frozen=True)
class Pass:
    """What a browser may see: what it gave itself (`gave`), or all once the birth date is known."""

    link_id: UUID
    since: datetime
    known: bool = False
    reporter: Reporter = Reporter.SELF
    gave: Gave = field(default_factory=dict)

    def with_given(self, place: int, at: datetime) -> "Pass":
        """The same once what stands at that place was stored, at that time, by this browser."""
        return self.with_mark(place, self._ticks(at))

    def with_mark(self, place: int, mark: int) -> "Pass":
        """The same of what is known by a number of its own (`OWN_WORDS`)."""
        others = {each: known for each, known in self.gave.items() if each != place}
        return replace(self, gave={**others, place: mark})

    def has_given(self, place: int, at: datetime) -> bool:
        """Whether what was stored there at that time came from this browser."""
        return self.gave.get(place) == self._ticks(at)

    def _ticks(self, at: datetime) -> int:
        return (at - self.since) // _TICK


def sign(vault: Vault, may_see: Pass, now: datetime) -> str:
    """The cookie's content."""
    content = {
        "link": str(may_see.link_id),
        "since": may_see.since.isoformat(),
        "until": (now + STAYS).isoformat(),
        "known": may_see.known,
        "by": may_see.reporter.value,
        "gave": _packed(may_see.gave),
    }
    return patient_help.sign(vault, _PURPOSE, content)


def leave(response: Response, kept: str, path: str, *, secure: bool) -> None:
    """Leave the cookie with the browser, for the pages below that path."""
    stays = int(STAYS.total_seconds())
    response.set_cookie(
        COOKIE, kept, max_age=stays, path=path, secure=secure, httponly=True, samesite="lax"
    )


def read(vault: Vault, cookie: str, link_id: UUID, now: datetime) -> Pass | None:
    """The browser's pass, if it is ours, of this link, and not too old."""
    kept = patient_help.unsign(vault, _PURPOSE, cookie)
    if kept is None or kept["link"] != str(link_id):
        return None
    if datetime.fromisoformat(str(kept["until"])) <= now:
        return None
    return Pass(
        link_id,
        datetime.fromisoformat(str(kept["since"])),
        bool(kept["known"]),
        Reporter(str(kept["by"])),
        _unpacked(str(kept.get("gave", ""))),  # a visit that began before this was kept has none
    )


def _packed(gave: Gave) -> str:
    last = [(place, ticks) for place, ticks in gave.items() if 0 <= ticks < _LATEST][-_AT_MOST:]
    return base64.b85encode(b"".join(_ENTRY.pack(*one) for one in last)).decode()


def _unpacked(text: str) -> Gave:
    return dict(_ENTRY.iter_unpack(base64.b85decode(text)))
