"""The clinic's post with e-mail beside texts: a mail server in memory, and its reports."""

from dataclasses import dataclass, field
from uuid import UUID

from integrations.email.fake import FakeMail
from integrations.email.mails import Mail
from rsm.flow import bounces
from rsm.flow.deliver import deliver_due
from rsm.flow.reconcile import reconcile_due
from rsm.kernel.errors import SendReason
from rsm.kernel.words import Audience, Channel
from rsm.messaging.model import Lane, MailNews, MailReport
from rsm.messaging.router import ByChannel
from rsm.sites import service as sites
from rsm.sites.senders import SenderKind, SenderSettings
from tests.flow.post import CONFIG, Post

CLINIC_MAIL = "lakeside@rsm.example.org"
STAFF_MAIL = "lakeside-staff@rsm.example.org"
PATIENT_MAIL = "maria@example.org"
FAST = SenderSettings(kind=SenderKind.EMAIL, per_second=1000)

REPORT = """\
To: {path}
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain

Not delivered.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; maria@example.org
Action: failed
Status: 5.1.1

--b1--
"""


def dsn(path: str) -> bytes:
    """A delivery report on the mail with this return path, as a mail server writes it."""
    return REPORT.format(path=path).replace("\n", "\r\n").encode()


@dataclass
class MailPost(Post):
    """As `Post`; `mail` is the mail server and all mailboxes. Without `addresses` the site has no
    e-mail address to send from."""

    addresses: bool = True
    mail: FakeMail = field(init=False)
    senders: ByChannel = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.mail = FakeMail(self.clock)
        self.senders = ByChannel(
            {Channel.SMS: self.fake, Channel.EMAIL: self.mail}, {Channel.SMS: self.fake}
        )
        if self.addresses:
            self._set_senders()

    def _set_senders(self) -> None:
        with self.clinic.begin() as tx:
            for audience, address in (
                (Audience.PATIENT, CLINIC_MAIL),
                (Audience.STAFF, STAFF_MAIL),
            ):
                sites.set_sender(tx, self.clinic.site, audience, Channel.EMAIL, address, FAST)

    def deliver(self) -> int:
        return deliver_due(self.db, self.senders, list(Lane), CONFIG)

    def reconcile(self) -> int:
        return reconcile_due(self.db, self.senders, CONFIG)

    def by_mail(self, name: str = "Maria Alvarez", **others: object) -> UUID:
        """A patient who wants e-mails."""
        given: dict[str, object] = {"channel": Channel.EMAIL, "email": PATIENT_MAIL}
        return self.clinic.enrol_patient(name, **(given | others))  # type: ignore[arg-type]  # fields

    def report(self, mail: Mail, news: MailNews, status: str = "", recipient: str = "") -> bool:
        """The mail server reports on a mail, as the web's hook hands it in."""
        reasons = {"5.1.1": SendReason.INVALID_ADDRESS, "5.2.2": SendReason.UNREACHABLE}
        failed = news is MailNews.FAILED
        told = MailReport(
            news=news,
            paths=(mail.path,),
            status=status,
            reason=reasons.get(status, SendReason.REFUSED) if failed else None,
            recipient=recipient or mail.to,
        )
        return bounces.receive(self.clinic.db, told)
