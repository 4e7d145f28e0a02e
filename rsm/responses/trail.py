"""Every answer as it was given: read from its event, or from the trail of those that have left.

An answer stands in one of the two (revision 0015), so that whoever reads both misses none, and
finds none twice.
"""

from uuid import UUID

from sqlalchemy import SQLColumnExpression, func, select, true, union_all
from sqlalchemy.sql.selectable import LateralFromClause

from rsm.db.statements import table_of
from rsm.responses.tables import AnswerEvent, AnswerTrail

_EVENT = table_of(AnswerEvent)
_TRAIL = table_of(AnswerTrail)
_ALIKE = ("channel", "reporter", "recorded_by", "relation")
_EACH = ("seq", "item", "status", "value", "at", "picked")
_IN_WORDS = "in_words"


def given(report: SQLColumnExpression[UUID]) -> LateralFromClause:
    """The answers of the report with this id, the earlier ones included, in no order; to be joined
    (on true) to what tells the id."""
    events = select(
        *(_EVENT.c[name] for name in (*_ALIKE, *_EACH)),
        _EVENT.c.text_sealed.is_not(None).label(_IN_WORDS),
    )
    packed = (*_EACH, _IN_WORDS)
    one = func.unnest(*(_TRAIL.c[name] for name in packed)).table_valued(*packed)
    one = one.render_derived(name="one")
    trail = select(*(_TRAIL.c[name] for name in _ALIKE), *(one.c[name] for name in packed))
    return union_all(
        events.where(_EVENT.c.response_id == report).correlate_except(_EVENT),
        trail.select_from(_TRAIL.join(one, true()))
        .where(_TRAIL.c.response_id == report)
        .correlate_except(_TRAIL, one),
    ).lateral("given")
