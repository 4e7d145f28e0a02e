"""View models of the page behind the link that ends e-mails."""

from dataclasses import dataclass

from rsm.web.views.patient import PatientFrame


@dataclass(frozen=True)
class MailStopView:
    """`patient/mail_stop.html`: e-mails come, or come no more; the button turns it round."""

    frame: PatientFrame
    action: str
    stopped: bool
