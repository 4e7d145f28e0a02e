"""A phone for flow tests: what it texts, and what it gets."""

from datetime import datetime

from rsm.flow import inbound
from rsm.kernel.keywords import Keyword
from rsm.messaging.model import IncomingText
from tests.clinic import PATIENT_SENDER
from tests.flow.post import Post


class Phone:
    """One phone: what it texts, and what it gets."""

    def __init__(self, post: Post, number: str, to: str = PATIENT_SENDER) -> None:
        self.post = post
        self.number = number
        self.to = to
        self.count = 0

    def says(
        self,
        body: str,
        keyword: Keyword | None = None,
        id_: str = "",
        at: datetime | None = None,
    ) -> IncomingText:
        """Hand a text in; `at` is when the provider got it, if not now."""
        self.count += 1
        provider_id = f"SM{self.number[-4:]}{id_}{self.count}"
        said = IncomingText("twilio", provider_id, self.number, self.to, body, keyword, at)
        inbound.receive_text(self.post.clinic.db, said)
        return said

    def gets(self) -> list[str]:
        """Everything that it ever got."""
        self.post.deliver()
        return self.post.fake.received(self.number)
