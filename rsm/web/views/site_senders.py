"""View models of the numbers and addresses that a site sends from."""

from dataclasses import dataclass

from rsm.kernel.errors import Problem
from rsm.web.views.common import Choice, FilterLink
from rsm.web.views.frame import StaffFrame


@dataclass(frozen=True)
class SenderLine:
    """One sender in use, or that there is none: to whom, what it may, how far it is registered."""

    whom: str
    url: str
    address: str = ""
    kind: str = ""
    pace: str = ""
    registration: str = ""
    warning: str = ""


@dataclass(frozen=True)
class SendersView:
    """`staff/site_senders.html`: every sender of the site."""

    frame: StaffFrame
    links: tuple[FilterLink, ...]
    heading: str
    lines: tuple[SenderLine, ...]


@dataclass(frozen=True)
class SenderValues:
    """The form of one sender as typed; sample texts are parted by empty lines, `calls` is ticked
    by `yes`."""

    address: str = ""
    kind: str = ""
    per_second: str = ""
    daily_cap: str = ""
    status: str = ""
    brand_id: str = ""
    campaign_id: str = ""
    use_case: str = ""
    registered_on: str = ""
    messaging_service_sid: str = ""
    sample_texts: str = ""
    calls: str = ""
    seen: str = ""


@dataclass(frozen=True)
class SenderFormView:
    """`staff/site_sender.html`: posts the fields of `SenderValues` to `action`.

    `replaces` is the address in use now: another one takes its place, and every STOP goes along.
    `calls` stands beside the box that lets the number place calls; empty: no such box.
    """

    frame: StaffFrame
    links: tuple[FilterLink, ...]
    heading: str
    action: str
    cancel_url: str
    values: SenderValues
    kinds: tuple[Choice, ...]
    statuses: tuple[Choice, ...]
    is_mail: bool = False
    is_call: bool = False
    calls: str = ""
    replaces: str = ""
    problems: tuple[Problem, ...] = ()

    def problem_of(self, name: str) -> Problem | None:
        return next((one for one in self.problems if one.where == name), None)
