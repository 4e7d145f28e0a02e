"""SQL of the sites' own wordings."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, func, insert, select, text, update

from rsm.db.statements import Kept, among, rows
from rsm.db.work import Tx
from rsm.messaging.model import SiteTextView, TextKey, TextState
from rsm.messaging.tables import SiteText

_AS_RETURNED = {"populate_existing": True, "synchronize_session": False}
_HOLD = text("SELECT pg_advisory_xact_lock(hashtextextended(:site, 0))")


def hold(tx: Tx, site_id: UUID) -> None:
    """One editor of a site's texts at a time, to the end of the transaction."""
    tx.session.execute(_HOLD, {"site": f"site_text {site_id}"})


def add(tx: Tx, site_id: UUID, key: TextKey, values: Mapping[str, object]) -> SiteTextView:
    """The next version of this text. Callers `hold`, so that no two are the same."""
    last = tx.session.scalar(select(func.max(SiteText.version)).where(*_about(site_id, key)))
    new = insert(SiteText).values(
        id=tx.new_id(),
        site_id=site_id,
        purpose=key.purpose,
        language=key.language,
        channel=key.channel,
        version=(last or 0) + 1,
        created_at=tx.now,
        **values,
    )
    return _view(tx.session.scalars(new.returning(SiteText)).one())


def change(tx: Tx, text_id: UUID, values: Mapping[str, object]) -> SiteTextView:
    changed = update(SiteText).where(SiteText.id == text_id).values(**values).returning(SiteText)
    return _view(tx.session.scalars(changed, execution_options=_AS_RETURNED).one())


def one(tx: Tx, site_id: UUID, text_id: UUID) -> SiteTextView | None:
    row = tx.session.scalar(
        select(SiteText)
        .where(SiteText.id == text_id, SiteText.site_id == site_id)
        .execution_options(populate_existing=True)
    )
    return _view(row) if row is not None else None


def many(tx: Tx, site_id: UUID, key: TextKey | None, *states: TextState) -> list[SiteTextView]:
    """Those in these states (of one text, if it is named), the newest version first."""
    if key is None:
        found = _MANY.all(tx, site=site_id, states=list(states))
    else:
        which = {"purpose": key.purpose, "language": key.language, "channel": key.channel}
        found = _OF_KEY.all(tx, site=site_id, states=list(states), **which)
    return [_view(row) for row in found]


_IN_THESE = (
    rows(SiteText)
    .where(SiteText.site_id == bindparam("site"), among(SiteText.state, "states"))
    .order_by(SiteText.purpose, SiteText.version.desc())
)
_MANY = Kept(SiteText, _IN_THESE)
_OF_KEY = Kept(
    SiteText,
    _IN_THESE.where(
        SiteText.purpose == bindparam("purpose"),
        SiteText.language == bindparam("language"),
        SiteText.channel == bindparam("channel"),
    ),
)


def _about(site_id: UUID, key: TextKey) -> Sequence[ColumnElement[bool]]:
    return (
        SiteText.site_id == site_id,
        SiteText.purpose == key.purpose,
        SiteText.language == key.language,
        SiteText.channel == key.channel,
    )


def _view(row: SiteText) -> SiteTextView:
    return SiteTextView(
        id=row.id,
        site_id=row.site_id,
        key=TextKey(row.purpose, row.language, row.channel),
        version=row.version,
        state=row.state,
        subject=row.subject or "",
        body=row.body,
        author=row.author,
        reviewer=row.reviewer,
        created_at=row.created_at,
        published_at=row.published_at,
    )
