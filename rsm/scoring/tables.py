"""Scores, with the instrument version whose formulas made them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from rsm.db.base import Base, Document


class ScoreSet(Base):
    """All scores of one response: name → {"value", "reason", …} as `store` writes them."""

    __tablename__ = "score_set"

    response_id: Mapped[UUID] = mapped_column(ForeignKey("response.id"), primary_key=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), index=True)
    instrument: Mapped[Document]  # pin
    scores: Mapped[Document]
    at: Mapped[datetime]
