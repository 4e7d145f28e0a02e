"""The list behind each loss of the funnel: names for those who may see patients, else the count."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from rsm.kernel.errors import NotFound
from rsm.metrics import lost
from rsm.metrics.lost import After, Asked, Loss, Lost
from rsm.patients import service as patients
from rsm.patients.model import PatientLabel
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.web.auth import Desk, Needs
from rsm.web.deps import html
from rsm.web.frames import staff_frame
from rsm.web.manager_period import LONG_PERIODS, PERIODS, last_weeks
from rsm.web.site_reading import Read, read
from rsm.web.site_words import Words
from rsm.web.views.common import FilterLink
from rsm.web.views.frame import StaffFrame
from rsm.web.views.site_lost import LostRow, LostView

_LONGEST = 52  # weeks: a list is for acting on, and older losses are in the figures
_EPOCH, _TICK = datetime(2000, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_PERIODS = tuple(weeks for weeks in LONG_PERIODS if weeks <= _LONGEST)

router = APIRouter()


@router.get("/sites/{site_id}/lost/{step}")
def show_lost(
    site_id: UUID,
    step: str,
    desk: Annotated[Desk, Needs(Permission.SEE_FIGURES)],
    weeks: Annotated[int, Query()] = PERIODS[0],
    after: Annotated[str, Query(max_length=80)] = "",
) -> HTMLResponse:
    """Who was lost there in the last weeks, a page at a time; the reading of names is audited."""
    zone = sites.get(desk.tx, site_id).zone
    weeks = max((each for each in _PERIODS if each <= weeks), default=_PERIODS[0])
    asked = Asked(_loss(step), last_weeks(desk.tx.now, zone, weeks), zone, _after(after))
    frame = staff_frame(desk, f"/sites/{site_id}")
    view = _view(desk, frame, asked, weeks)
    return html("staff/site_lost.html", view, frame.language)


def _view(desk: Desk, frame: StaffFrame, asked: Asked, weeks: int) -> LostView:
    site_id, words = desk.staff.site_id, Words("lost", frame.language)
    here = f"/sites/{site_id}/lost/{asked.loss}"
    may_see = desk.staff.may(Permission.SEE_PATIENTS)
    found, on = lost.lost(desk.tx, site_id, asked) if may_see else ([], None)
    count = _count(read(desk.tx, site_id, asked.days), asked.loss)
    return LostView(
        frame=frame,
        heading=words.counted(f"heading_{asked.loss}", count),
        lead=words(f"lead_{asked.loss}"),
        period=words.days(asked.days, asked.zone),
        periods=tuple(
            FilterLink(words("weeks", count=each), f"{here}?weeks={each}", current=each == weeks)
            for each in _PERIODS
        ),
        steps=_steps(site_id, weeks, asked.loss, words),
        rows=tuple(_rows(desk, site_id, found, words)),
        may_see=may_see,
        more_url=f"{here}?weeks={weeks}&after={_place(on)}" if on else "",
        back_url=f"/sites/{site_id}?weeks={weeks}",
        of_patients=asked.loss.of_patients,
    )


def _loss(step: str) -> Loss:
    try:
        return Loss(step)
    except ValueError:
        raise NotFound("no such step") from None


def _count(now: Read, loss: Loss) -> int:
    """As many as the funnel says."""
    approached, declined = now.rate("approached")[0], now.rate("declined")[0]
    counts = {
        Loss.NOT_APPROACHED: now.count("eligible") - approached,
        Loss.DECLINED: declined,
        Loss.NOT_ENROLLED: approached - declined - now.rate("reach")[0],
        Loss.NOT_DELIVERED: now.count("sent") - now.count("delivered"),
    }
    return max(0, counts[loss]) if loss in counts else now.count(loss.value)


def _steps(site_id: UUID, weeks: int, current: Loss, words: Words) -> tuple[FilterLink, ...]:
    return tuple(
        FilterLink(
            words(f"step_{loss}"),
            f"/sites/{site_id}/lost/{loss}?weeks={weeks}",
            current=loss is current,
        )
        for loss in Loss
    )


def _rows(desk: Desk, site_id: UUID, found: Sequence[Lost], words: Words) -> Iterator[LostRow]:
    """One for each patient, in the order of her newest loss; who was erased is left out."""
    labels = patients.names(desk.tx, site_id, {one.patient_id for one in found})
    of_each: dict[UUID, list[Lost]] = {}
    for one in found:
        of_each.setdefault(one.patient_id, []).append(one)
    for patient_id, losses in of_each.items():
        if label := labels.get(patient_id):
            yield _row(site_id, label, losses, words)


def _row(site_id: UUID, label: PatientLabel, losses: Sequence[Lost], words: Words) -> LostRow:
    newest = losses[0]
    reasons = dict.fromkeys(one.reason for one in losses if one.reason)
    return LostRow(
        url=f"/sites/{site_id}/patients/{newest.patient_id}",
        name=label.name,
        record_number=label.record_number,
        count=len(losses),
        newest=words.dated(newest.on, "UTC"),
        why=", ".join(words.known(f"why_{each}", words("why_unknown")) for each in reasons),
    )


def _place(after: After) -> str:
    return f"{(after.at - _EPOCH) // _TICK}_{after.id}"


def _after(text: str) -> After | None:
    """Where a page begins; what cannot be read is the first one."""
    try:
        ticks, _, id_ = text.partition("_")
        return After(_EPOCH + int(ticks) * _TICK, UUID(id_))
    except (ValueError, OverflowError):
        return None
