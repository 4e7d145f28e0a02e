"""Every door to one survey: each is entered, asks, is answered, is left or sends.

A door may be handed the same in twice, as a provider or an impatient finger does.
"""

from collections.abc import Sequence
from uuid import UUID

from fastapi.testclient import TestClient
from httpx2 import Response

from integrations.twilio.fake_voice import FakeTurn
from rsm.flow import inbound, paper, tablet, voice_turn
from rsm.flow.voice_turn import Step, Turn
from rsm.instruments.decide import next_item
from rsm.instruments.items import options_of
from rsm.invitations import service as invitations
from rsm.kernel.answers import REFUSED, SKIPPED, Answer
from rsm.kernel.words import Channel, Reporter
from rsm.messaging import conversations
from rsm.messaging.incoming import ConversationStage
from rsm.messaging.model import IncomingText
from rsm.messaging.phrases import NUMBER_WORDS
from tests.flow.every_door_her import Her
from tests.flow.phone import Phone
from tests.flow.survey_callers import SurveyPhone
from tests.patient_browser import BASE, Browser, asked
from tests.proxy_world import appoint, newest_link
from tests.survey_world import BORN
from tests.web_desk import csrf_of

SPOKEN = {SKIPPED: ("skip", "pass", "next"), REFUSED: ("prefer not to say", "I'd rather not say")}


class Door:
    """What all doors have in common. `give` hands the same in twice where `again`."""

    channel = Channel.WEB
    reporter = Reporter.SELF
    takes_back = False  # whether an answer can be changed while one is there
    refuses = True  # whether she can say that she would rather not say

    def __init__(self, her: Her) -> None:
        self.her = her

    def enter(self) -> None:
        raise NotImplementedError

    def asks(self) -> str | None:
        """The item that is asked by this door; None: it asks nothing more."""
        raise NotImplementedError

    def give(self, item: str, answer: Answer, again: bool) -> None:
        raise NotImplementedError

    def back_to(self, item: str) -> None:
        """To the item that was answered last, to change it."""
        raise NotImplementedError

    def leave(self) -> None:
        """In the middle."""

    def send(self) -> None:
        """All is answered: the report is sent, twice."""


class Link(Door):
    """Her own link, in a browser that holds no cookie yet."""

    takes_back = True
    page: Response

    def address(self) -> str:
        return self.her.link()

    def enter(self) -> None:
        client = TestClient(self.her.house.app, base_url=BASE)
        self.browser = Browser(client, self.address())
        self.browser.get()
        self.page = self.browser.start()
        if self.page.url.path.endswith("/birth-date"):
            self.page = self._past_birth_date()

    def _past_birth_date(self) -> Response:
        if self.her.chance(0.5):
            return self.browser.get("/q")
        day, month, year = str(BORN.day), str(BORN.month), str(BORN.year)
        return self.browser.post("/birth-date", day=day, month=month, year=year)

    def asks(self) -> str | None:
        assert self.page.status_code == 200, self.page.text
        return None if self.page.url.path.endswith("/review") else asked(self.page)[1]

    def give(self, item: str, answer: Answer, again: bool) -> None:
        word = answer.status.value if answer.value is None else str(answer.value)
        here = self.page
        self.page = self.browser.choose(here, word)
        if again:
            self.page = self.browser.choose(here, word)

    def back_to(self, item: str) -> None:
        number = [each.code for each in self.her.house.instrument.items].index(item) + 1
        self.page = self.browser.get(f"/q/{number}")

    def send(self) -> None:
        for _ in range(2):
            assert "Sent and stored" in self.browser.post("/review", words="").text


class Proxy(Link):
    """The link of whoever answers for her."""

    reporter = Reporter.PROXY

    def address(self) -> str:
        if not self.her.given:
            appoint(self.her.world)
        return newest_link(self.her.world)


class Tablet(Link):
    """The clinic's tablet, in her hands."""

    channel = Channel.TABLET

    def address(self) -> str:
        with self.her.world.clinic.begin(self.her.world.clinic.nurse) as tx:
            survey, serial = tablet.hand_over(tx, self.her.world.patient)
            return invitations.url(tx, survey, serial, "")

    def leave(self) -> None:
        self.browser.post("/give-back")
        assert "Nothing is open here" in self.browser.get("/q").text

    def send(self) -> None:
        assert "Your answers are stored" in self.browser.post("/review", words="").text
        assert "Nothing is open here" in self.browser.post("/review", words="").text


class Text(Door):
    """Question and reply; the provider hands some replies in twice, and old ones again."""

    channel = Channel.SMS
    takes_back = True

    def enter(self) -> None:
        self.phone = Phone(self.her.house.post, self.her.number)
        self.phone.count = 1000 * len(self.her.given)  # the provider's ids are never used again
        self.before: list[IncomingText] = []
        if self.her.given:
            self.her.asked_by(Channel.SMS)

    def asks(self) -> str | None:
        with self.her.world.begin() as tx:
            standing = conversations.open_about(tx, self.her.survey.id)
        assert standing is not None
        return None if standing.stage is ConversationStage.WORDS else standing.item

    def give(self, item: str, answer: Answer, again: bool) -> None:
        self._says(self.her.draws.choice(self._spellings(item, answer)), again)

    def _spellings(self, item: str, answer: Answer) -> Sequence[str]:
        if answer.value is None:
            return SPOKEN[answer]
        options = options_of(self.her.house.instrument.item_by_code[item])
        label = next(each.label["en"] for each in options if each.value == answer.value)
        digit = str(answer.value)
        return digit, f"{digit}.", NUMBER_WORDS["en"][answer.value], f"{digit} - {label}", label

    def _says(self, words: str, again: bool) -> None:
        self.before.append(self.phone.says(words))
        if again:
            for said in (self.before[-1], self.her.draws.choice(self.before)):
                assert not inbound.receive_text(self.her.world.clinic.db, said)
        self.her.house.post.deliver()

    def back_to(self, item: str) -> None:
        self._says("back", again=False)

    def send(self) -> None:
        self._says("done", again=True)


class Call(Door):
    """A call that takes keys; the provider asks for some turns twice, and for old ones again."""

    channel = Channel.VOICE
    refuses = False

    def enter(self) -> None:
        house = self.her.house
        self.phone = SurveyPhone(
            self.her.world, house.worker, house.clock, self.her.number, calls_from=""
        )
        self.phone.fake, self.phone.provider = house.post.voice, house.post.provider
        self.before: list[FakeTurn] = []
        self.her.asked_by(Channel.VOICE)
        self.phone.confirms()

    def asks(self) -> str | None:
        now = self._now()
        if now is not None and now.step is Step.OFFER:  # an emergency: she wants to go on
            self._press("2", again=True)
            now = self._now()
        return now.item if now is not None and now.step is Step.ITEM else None

    def _now(self) -> Turn | None:
        if not self.phone.heard.keys_url:
            return None
        token = self.phone.heard.keys_url.rsplit("/", 1)[1]
        ring = self.phone.fake.calls[-1]
        return voice_turn.opened(self.her.world.clinic.db.vault, ring.message.id, token)

    def give(self, item: str, answer: Answer, again: bool) -> None:
        self._press("9" if answer == SKIPPED else str(answer.value), again)

    def _press(self, key: str, again: bool) -> None:
        turn = self.phone.turn(key)
        said = self.phone.hand_in(turn)
        if again:
            assert said.endswith(self.phone.hand_in(turn))
        if self.before and again:
            heard = self.phone.heard
            self.phone.hand_in(self.her.draws.choice(self.before))
            self.phone.heard = heard
        self.before.append(turn)

    def leave(self) -> None:
        """She hangs up, and the provider says so twice."""
        clinic = self.her.world.clinic
        for report in self.phone.fake.ends(self.her.number):
            message = UUID(report.url.rsplit("/", 1)[1])
            for _ in range(2):
                inbound.receive_status(clinic.db, report.report, clinic.site, message)

    def send(self) -> None:
        now = self._now()
        if now is not None:
            assert now.step is Step.LAST
            self._press("2", again=True)
        self.leave()


class Form(Door):
    """What is filled in whole, and sent at once."""

    def enter(self) -> None:
        self.filled: dict[str, Answer] = {}
        self.standing = dict(self.her.answers())

    def asks(self) -> str | None:
        item = next_item(self.her.house.instrument, self.standing | self.filled)
        return item.code if item is not None else None

    def give(self, item: str, answer: Answer, again: bool) -> None:
        self.filled[item] = answer


class Nurse(Form):
    """A nurse takes down what is still to be asked, on her page."""

    channel = Channel.STAFF
    reporter = Reporter.STAFF

    def send(self) -> None:
        client = self.her.house.desk()
        world, survey = self.her.world, self.her.survey
        page = f"/sites/{world.clinic.site}/patients/{world.patient}/entry/{survey.id}"
        shown = {**self.standing, **self.filled}  # a form posts what stands in it already, too
        fields = {"_by": "self"} | {
            code: each.status.value if each.value is None else str(each.value)
            for code, each in shown.items()
        }
        fields["csrf"] = csrf_of(client.get(page))
        for _ in range(2):
            sent = client.post(page, data=fields)
            assert sent.is_redirect, sent.text
            assert sent.headers["location"].endswith("/done")


class Paper(Form):
    """A sheet of paper of today that a nurse types in."""

    channel = Channel.PAPER

    def send(self) -> None:
        world = self.her.world
        survey = self.her.survey
        sheet = paper.Paper(
            world.patient, survey.instrument, self.her.house.clock.now().date(), self.filled
        )
        for again in (False, True):
            with world.clinic.begin(world.clinic.nurse) as tx:
                assert paper.enter(tx, sheet).already is again
