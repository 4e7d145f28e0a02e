"""The words at a survey's end: kept whichever button is pressed, shown to whoever wrote them.

As her answers they are shown to the browser that gave them, or once the birth date is known.
"""

from rsm.flow import answer
from rsm.responses import closing_words
from rsm.responses.closing_words import Kept
from rsm.web.patient_pass import OWN_WORDS
from rsm.web.patient_visit import Visit


def shown(visit: Visit) -> str:
    """The words that stand in the draft, as far as this browser may see them."""
    kept = _kept(visit)
    return kept.text if _may_see(visit, kept) else ""


def keep(visit: Visit, typed: str) -> None:
    """Store what was typed, before another page is shown.

    What another device has written stays above it. Raises as `answer.keep_words`.
    """
    kept = _kept(visit)
    sees = _may_see(visit, kept)
    if _plain(typed) == (kept.text if sees else ""):
        return
    beside = "" if sees else kept.text
    visit.changed(answer.keep_words(visit.tx, visit.ours, typed, beside))
    if not beside:
        pass_ = visit.admit()
        visit.may_see = pass_.with_mark(OWN_WORDS, _kept(visit).mark)


def to_send(visit: Visit, typed: str) -> str:
    """What is still to be stored when she sends: nothing, where the draft holds it as it stands
    on her screen. Raises as `answer.keep_words`."""
    may_see = visit.may_see
    if may_see is None or not (may_see.known or OWN_WORDS in may_see.gave) or not shown(visit):
        return typed  # what stands hidden stays above it
    keep(visit, typed)
    return ""


def _kept(visit: Visit) -> Kept:
    draft = visit.response
    if draft is None or draft.is_final:
        return Kept()
    return closing_words.kept(visit.tx, draft)


def _may_see(visit: Visit, kept: Kept) -> bool:
    """Whether she may see what stands there; nothing may be seen by anybody."""
    if not kept.text:
        return True
    may_see = visit.may_see
    return may_see is not None and (may_see.known or may_see.gave.get(OWN_WORDS) == kept.mark)


def _plain(typed: str) -> str:
    return typed.replace("\r\n", "\n").strip()
