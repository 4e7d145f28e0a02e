"""How many people the surveys of some days were asked of: too few could be recognised."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import func, select

from rsm.db.statements import table_of
from rsm.db.work import Tx
from rsm.kernel.words import SurveyState
from rsm.metrics.dimensions import Dimension
from rsm.metrics.model import Days
from rsm.metrics.survey_facts import of_patient
from rsm.patients.tables import Patient
from rsm.schedules.tables import Occurrence

_AROUND = timedelta(days=2)  # by the instant of opening, which is indexed
_OVER = (SurveyState.COMPLETED, SurveyState.PARTIAL, SurveyState.MISSED)

People = Mapping[Dimension, Mapping[str, int]]  # dimension → its value → people


def patients_by(tx: Tx, site_id: UUID, days: Days) -> People:
    """Patients with at least one planned survey in these days that is over, by what they are."""
    rows, whose = table_of(Occurrence).c, table_of(Patient).c
    asked = (
        select(rows.patient_id)
        .where(
            rows.site_id == site_id,
            rows.opens_at >= datetime.combine(days.first, time(), UTC) - _AROUND,
            rows.opens_at < datetime.combine(days.last, time(), UTC) + _AROUND,
            rows.local_date.between(days.first, days.last),
            rows.scheduled,
            ~rows.is_test,
            rows.state.in_(_OVER),
        )
        .distinct()
        .subquery("asked")
    )
    each = select(*of_patient()).join(asked, asked.c.patient_id == whose.id).subquery("each")
    query = select(*each.c, func.count()).group_by(*each.c)
    found: dict[Dimension, Counter[str]] = {dimension: Counter() for dimension in Dimension}
    for *of, count in tx.session.execute(query):
        for dimension, value in zip(Dimension, of, strict=True):
            found[dimension][value] += count
    return found
