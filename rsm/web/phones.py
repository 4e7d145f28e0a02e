"""The demo's phones: what stands on every synthetic phone, texting back, and codes to sign in.

Only part of the app where texts go to the sandbox. Who is at the browser does not matter here:
everybody on this page is invented.
"""

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Annotated

import pyotp
from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse

from rsm.db.work import NOWHERE, Database, Scope
from rsm.flow.ask_now import ask_now
from rsm.kernel.errors import Conflict, Invalid
from rsm.kernel.localtime import local_of, zone_named
from rsm.kernel.phones import e164
from rsm.patients import service as patients
from rsm.web import mailboxes, phone_calls
from rsm.web.deps import html, see
from rsm.web.mailboxes import Boxes
from rsm.web.phone_owners import UNKNOWN, Owner, owner_of
from rsm.web.ports import DemoLogIn, Handset, Mailboxes, Phones, PhoneText
from rsm.web.services import Services, TheServices
from rsm.web.views.common import Field, PostButton
from rsm.web.views.demo import Phone, PhoneMessage, PhonesView, SignInCode, link_pieces
from rsm.web.views.frame import NavLink, StaffFrame
from rsm.web.when import short_date

PAGE = "/phones"
CODES = f"{PAGE}/codes"
_TEXTS = 12  # on each phone
_FRESH = 3  # of each phone tell whether the page has changed: a text may come while it rings
_MAILS = 3  # in each mailbox
_PATIENTS = 12  # phones of patients: those that were busy last
_RINGS = timedelta(minutes=2)
_NEW = timedelta(hours=12)
_ACK = re.compile(r"\bACK ([0-9A-Z]{4,})\b")
_HINT = """\
How to begin. In the demo a step of the escalation takes one minute instead of fifteen.
1. Sign in on the staff pages as {nurse}, with a code from “Codes to sign in”.
2. Add yourself as a patient, with the number 202-555-0177.
3. Come back here and press “Send a survey now” for that number.
4. Open the link on that phone and answer “Very severe” for pain.
5. Watch the phone of {nurse}; a minute later, that of whoever is told next.
6. Let the patient be asked by “Phone call”, send again, take the call and press keys."""
_ASKED = {"yes": "A survey is on its way.", "no": "Nobody who takes part has this number."}
Text = Annotated[str, Form()]


@dataclass
class Demo:
    """The demo's phones and log-ins. Owners are looked up once, so that reading is audited once."""

    phones: Phones
    log_ins: Sequence[DemoLogIn]
    password: str = field(repr=False)
    zone: str
    mailboxes: Mailboxes | None = None
    _owners: dict[str, Owner] = field(default_factory=dict)

    def owner(self, db: Database, number: str) -> Owner:
        """Whose number or address it is; asked again as long as it is nobody's."""
        known = self._owners.get(number)
        if known is None:
            known = self._staff(number) or owner_of(db, number)
            if known.note != UNKNOWN:
                self._owners[number] = known
        return known

    @property
    def nurse(self) -> DemoLogIn:
        """Who is told first at the site that visitors see: log-ins stand in the ladder's order."""
        return next(one for one in self.log_ins if one.phone)

    def place(self, phone: Phone) -> tuple[bool, bool, int]:
        """That site's phones first, as its ladder climbs, so that none jumps; then who rings."""
        ladder = [one.phone for one in self.log_ins if one.site == self.nurse.site]
        if phone.number in ladder:
            return False, False, ladder.index(phone.number)
        return not phone.note.endswith(self.nurse.site), not phone.ringing, 0

    def boxes(self, last: int) -> Boxes:
        """Every mailbox with its last mails; none where no mail server runs."""
        return self.mailboxes.mailboxes(last) if self.mailboxes is not None else {}

    def _staff(self, number: str) -> Owner | None:
        found = (one for one in self.log_ins if number in {one.phone, one.email})
        return next((Owner(one.name, f"{one.job}, {one.site}", True) for one in found), None)


def router(demo: Demo) -> APIRouter:
    """The page's router, for these phones."""
    made = APIRouter(include_in_schema=False)

    @made.get(PAGE)
    def show(services: TheServices, asked: str = "") -> HTMLResponse:
        """Every phone: patients by their last text, nurses in the order of the ladder."""
        return html("staff/phones.html", _view(demo, services, _ASKED.get(asked, "")))

    @made.get(f"{PAGE}/fragment")
    def fragment(services: TheServices) -> HTMLResponse:
        """The phones alone."""
        return html("staff/phones_fragment.html", _view(demo, services))

    @made.get(f"{PAGE}/version")
    def version(services: TheServices) -> PlainTextResponse:
        """Changes with every text and word of a call, and when a phone stops ringing."""
        return PlainTextResponse(str(_version(demo, demo.phones.handsets(_FRESH), _now(services))))

    @made.post(PAGE)
    def text(number: Text, body: Text) -> RedirectResponse:
        """A phone answers."""
        demo.phones.text(number, body)
        return see(PAGE)

    @made.post(f"{PAGE}/calls")
    def call(call: Text, does: Text) -> RedirectResponse:
        """A phone is taken, a key is pressed, or nobody answers."""
        if phone_calls.is_deed(does):
            demo.phones.call(call, does)
        return see(PAGE)

    @made.post(f"{PAGE}/ask")
    def ask(services: TheServices, number: Text) -> RedirectResponse:
        """The patient with this number is asked now."""
        done = _ask(services.db, number)
        return see(f"{PAGE}?asked={'yes' if done else 'no'}")

    made.include_router(_codes_router(demo))
    return made


def _codes_router(demo: Demo) -> APIRouter:
    made = APIRouter()

    @made.get(CODES)
    def codes(services: TheServices) -> HTMLResponse:
        """How to sign in as whom: what everybody's authenticator app shows now."""
        return html("staff/phones.html", _codes_view(demo, _now(services)))

    @made.get(f"{CODES}/fragment")
    def codes_fragment(services: TheServices) -> HTMLResponse:
        """The table alone."""
        return html("staff/phones_fragment.html", _codes_view(demo, _now(services)))

    @made.get(f"{CODES}/version")
    def codes_version(services: TheServices) -> PlainTextResponse:
        """Changes with every code."""
        return PlainTextResponse(str(_step(_now(services))))

    return made


def _ask(db: Database, number: str) -> bool:
    try:
        with db.begin(NOWHERE) as tx:
            found = patients.by_address(tx, e164(number))
            for match in found[:1]:
                tx.narrow(Scope.site(match.site_id))
                ask_now(tx, match.patient_id)
    except (Invalid, Conflict):
        return False
    return bool(found)


def _now(services: Services) -> datetime:
    with services.db.begin(NOWHERE) as tx:
        return tx.now


def _version(demo: Demo, handsets: Sequence[Handset], now: datetime) -> int:
    ends = [one for phone in handsets for one in phone.texts[-_FRESH:]]
    last = [f"{one.id} {one.state} {one.body}" for one in ends]
    last += [one.id for mails in demo.boxes(1).values() for one in mails]
    return zlib.crc32("\n".join([*sorted(last), str(_step(now))]).encode())


def _step(now: datetime) -> int:
    """The step of the codes (RFC 6238)."""
    return int(now.timestamp()) // 30


def _view(demo: Demo, services: Services, flash: str = "") -> PhonesView:
    now = _now(services)
    handsets = sorted(demo.phones.handsets(_TEXTS), key=_last, reverse=True)
    shelf = mailboxes.by_owner(demo.boxes(_MAILS), lambda one: demo.owner(services.db, one))
    mine: list[Phone] = []
    theirs: list[tuple[datetime, Phone]] = []
    for handset in handsets:
        owner = demo.owner(services.db, handset.number)
        last = max([_last(handset), *([mailboxes.last_of(owner, shelf)] if owner in shelf else [])])
        phone = mailboxes.beside(_phone(demo, handset, owner, now), owner, shelf)
        if owner.is_staff:
            mine.append(phone)
        else:
            theirs.append((last, phone))
    for owner in list(shelf):
        last = mailboxes.last_of(owner, shelf)
        theirs.append((last, mailboxes.alone(owner, shelf)))
    theirs.sort(key=lambda one: one[0], reverse=True)
    return PhonesView(
        frame=_frame(demo, now, PAGE, flash),
        patients=tuple(phone for _, phone in theirs[:_PATIENTS]),
        nurses=tuple(sorted(mine, key=demo.place)),
        version=_version(demo, handsets, now),
        version_url=f"{PAGE}/version",
        fragment_url=f"{PAGE}/fragment",
        hint=_HINT.format(nurse=demo.nurse.name.split()[0]),
        ask_action=f"{PAGE}/ask",
    )


def _codes_view(demo: Demo, now: datetime) -> PhonesView:
    return PhonesView(
        frame=_frame(demo, now, CODES),
        patients=(),
        nurses=(),
        version=_step(now),
        version_url=f"{CODES}/version",
        fragment_url=f"{CODES}/fragment",
        password=demo.password,
        codes=tuple(_code(one, now) for one in demo.log_ins),
    )


def _last(handset: Handset) -> datetime:
    return handset.texts[-1].at


def _frame(demo: Demo, now: datetime, current: str, flash: str = "") -> StaffFrame:
    links = (("Phones", PAGE), ("Codes to sign in", CODES), ("Staff pages", "/alerts"))
    nav = tuple(NavLink(label, url, current=url == current) for label, url in links)
    return StaffFrame(site_name="Demo", now=now, zone=demo.zone, nav=nav, flash=flash)


def _code(one: DemoLogIn, now: datetime) -> SignInCode:
    return SignInCode(one.name, one.job, one.site, one.email, pyotp.TOTP(one.secret).at(now))


def _phone(demo: Demo, handset: Handset, owner: Owner, now: datetime) -> Phone:
    unread, last = _unread(handset.texts, now), handset.texts[-1]
    words, buttons = phone_calls.live(handset.texts, f"{PAGE}/calls")
    if not words:
        rings = bool(unread) and last.at > now - _RINGS and last.call is None
        code = _ACK.search(last.body) if rings and owner.is_staff else None
        words = "A text has just come." if rings else ""
        buttons = (_answer(handset.number, code[0]),) if code else ()
    return Phone(
        owner=owner.name,
        number=handset.number,
        note=owner.note,
        messages=_messages(handset.texts, demo.zone),
        reply_action=PAGE,
        unread=len(unread),
        ringing=bool(words),
        ringing_words=words,
        call_buttons=buttons,
    )


def _answer(number: str, words: str) -> PostButton:
    return PostButton(f"Reply {words}", PAGE, (Field("number", number), Field("body", words)))


def _unread(texts: Sequence[PhoneText], now: datetime) -> list[PhoneText]:
    """The new ones since the owner wrote last."""
    unread: list[PhoneText] = []
    for text in reversed(texts):
        if text.mine or text.at < now - _NEW:
            break
        unread.append(text)
    return unread


def _messages(texts: Sequence[PhoneText], zone: str) -> tuple[PhoneMessage, ...]:
    """The newest first, under the day on which they came."""
    made: list[PhoneMessage] = []
    above: date | None = None
    for text in reversed(texts):
        day = local_of(text.at, zone_named(zone)).date()
        new_day = short_date(text.at, zone) if day != above else ""
        above = day
        made.append(PhoneMessage(link_pieces(text.body), text.at, text.mine, text.state, new_day))
    return tuple(made)
