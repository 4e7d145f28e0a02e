"""What a reader may do about a release of a pack: which buttons and forms its page has for her."""

from dataclasses import dataclass
from types import SimpleNamespace
from uuid import UUID

from rsm.alerts.releases import ReleaseView as Release
from rsm.alerts.states import ReleaseState
from rsm.flow import release as flow
from rsm.security.model import Permission
from rsm.web.auth import Desk
from rsm.web.views.common import Field, PostButton

_DECIDERS = (Permission.MANAGE_SITE, Permission.CLOSE_ALERT)


def url_of(desk: Desk, release_id: UUID | None = None, step: str = "") -> str:
    """The address of all releases, of one, or of a step of it."""
    parts = [f"/sites/{desk.staff.site_id}/rules/releases", str(release_id or ""), step]
    return "/".join(part for part in parts if part)


def may_decide(desk: Desk) -> bool:
    """Whether she may be the second person."""
    return any(desk.staff.may(each) for each in _DECIDERS)


@dataclass(frozen=True)
class Actions:
    """What this reader may do about this release now."""

    desk: Desk
    one: Release
    words: SimpleNamespace
    fits: bool

    @property
    def manages(self) -> bool:
        return self.desk.staff.may(Permission.MANAGE_SITE)

    @property
    def is_own(self) -> bool:
        return self.one.asked_by == self.desk.staff.staff_id

    def _post(self, label: str, step: str, *fields: Field) -> PostButton:
        return PostButton(label, url_of(self.desk, self.one.id, step), fields)

    def first(self) -> tuple[PostButton, str] | None:
        """The next step and what follows from it: to agree, or to begin its shadow."""
        one, words = self.one, self.words
        if not self.fits:
            return None
        if one.is_asked and may_decide(self.desk) and not self.is_own:
            seen = Field("seen", flow.token(self.desk.tx, one))
            return self._post(words.agree, "agree", seen), words.agree_hint
        if one.state is ReleaseState.DRAFT and not one.is_asked and self.manages:
            return self._post(words.start_shadow, "begin-shadow"), words.shadow_hint
        return None

    def steps(self) -> list[PostButton]:
        one, words = self.one, self.words
        found = []
        if one.is_asked and (self.is_own or may_decide(self.desk)):
            label = words.take_back if self.is_own else words.send_back
            found.append(self._post(label, "take-back"))
        if self.manages:
            found.append(self._post(words.copy, "copy"))
            if one.is_open:
                found.append(self._post(words.withdraw, "withdraw"))
        return found

    def ask(self) -> str:
        may = self.manages and self.one.is_open and not self.one.is_asked and self.fits
        return url_of(self.desk, self.one.id, "ask") if may else ""

    def change(self) -> str:
        may = self.manages and self.one.state is ReleaseState.DRAFT
        return url_of(self.desk, self.one.id, "change") if may else ""

    def note(self) -> str:
        if not self.one.is_open:
            return ""
        if self.one.is_asked and self.is_own:
            return str(self.words.own)
        if not self.fits:
            return str(self.words.mend_first)
        return "" if may_decide(self.desk) else str(self.words.may_not)
