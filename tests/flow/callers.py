"""A ward whose staff are called: the fake provider of calls, and what its phones do.

callers = Callers(ward)            # the site has a number for calls, its urgent steps ring
callers = Callers(ward, own=False) # the number of the texts to staff calls as well
callers.deliver()                  # what is in the outbox goes out
callers.press(NURSE_PHONE, "1")    # whoever took the last call presses a key: what she hears
callers.ends(NURSE_PHONE, "busy")  # the call ends so, and the provider says it
"""

from dataclasses import dataclass, field
from uuid import UUID

from integrations.twilio.fake import FakeSender
from integrations.twilio.fake_voice import FakeKey, FakeReport, FakeVoice
from rsm.escalation.policies import default_text
from rsm.flow import inbound, publish, voice
from rsm.flow.deliver import DeliveryConfig, deliver_due
from rsm.flow.escalate import escalate_due
from rsm.flow.reconcile import reconcile_due
from rsm.kernel.words import Audience, Channel
from rsm.messaging.model import Lane
from rsm.messaging.router import ByChannel
from rsm.sites import service as sites
from rsm.sites.senders import SenderSettings
from tests.alert_world import Ward, agree_to
from tests.clinic import STAFF_SENDER

VOICE_SENDER = "+12025550102"
CALLS_TOO = SenderSettings(per_second=1000, calls=True)
PUBLIC_URL = "https://rsm.example.org"
CONFIG = DeliveryConfig(public_url=PUBLIC_URL, threads=False)


@dataclass
class Callers:
    """`how` is put in place of texts in every step of the ward's policy."""

    ward: Ward
    how: str = '["voice"]'
    own: bool = True
    voice: FakeVoice = field(init=False)
    texts: FakeSender = field(init=False)

    def __post_init__(self) -> None:
        self.voice, self.texts = FakeVoice(self.ward.clock), FakeSender(self.ward.clock)
        self.provider = ByChannel(
            {Channel.SMS: self.texts, Channel.VOICE: self.voice}, {Channel.SMS: self.texts}
        )
        site = self.ward.clinic.site
        with self.ward.clinic.begin() as tx:
            if self.own:
                sites.set_sender(tx, site, Audience.STAFF, Channel.VOICE, VOICE_SENDER)
            else:
                sites.set_sender(tx, site, Audience.STAFF, Channel.SMS, STAFF_SENDER, CALLS_TOO)
            pin = publish.publish_policy(tx, calling(self.how), site)
        agree_to(self.ward, "policy", pin)

    def deliver(self) -> int:
        return deliver_due(self.ward.worker, self.provider, list(Lane), CONFIG)

    def reconcile(self) -> int:
        return reconcile_due(self.ward.worker, self.provider, CONFIG)

    def passes(self, minutes: float) -> None:
        """Time passes, the worker goes its round, phones ring."""
        self.ward.passes(minutes)
        self.deliver()

    def rounds(self) -> None:
        """The worker's next round, at once."""
        escalate_due(self.ward.worker)
        self.deliver()

    def press(self, number: str, key: str) -> str:
        return self.hand_in(self.voice.press(number, key))

    def hand_in(self, key: FakeKey) -> str:
        """Our hook is called; what is said."""
        *_, site, message = key.url.split("/")
        where = UUID(site), UUID(message)
        return voice.press(self.ward.clinic.db, key.press, where, PUBLIC_URL).words

    def ends(self, number: str, status: str = "completed") -> None:
        for report in self.voice.ends(number, status):
            self.report(report)

    def report(self, report: FakeReport) -> None:
        *_, site, message = report.url.split("/")
        inbound.receive_status(self.ward.clinic.db, report.report, UUID(site), UUID(message))

    def rang(self) -> list[str]:
        """The numbers that were called, in order."""
        return [ring.message.to for ring in self.voice.calls]


def calling(how: str) -> str:
    """The policy that ships, its steps telling people so."""
    lines = [
        f"how = {how}" if line.startswith("how =") else line for line in default_text().splitlines()
    ]
    named = [
        f'version = "9.{len(how)}.0"' if line.startswith("version =") else line for line in lines
    ]
    return "\n".join(named)
