"""The words of proxies: somebody whom a patient lets answer for her, by a link of her own."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from rsm.kernel.words import Relation
from rsm.patients.model import Short, Text


class NewProxy(BaseModel):
    """A proxy as she is entered; a phone or an e-mail address is needed, `language` her own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    relation: Relation
    name: Text
    language: str = "en"
    phone: Short | None = None
    email: Text | None = None


@dataclass(frozen=True)
class ProxyView:
    """Who answers for a patient, without a name. `added_by` None: the patient herself said so."""

    id: UUID
    patient_id: UUID
    site_id: UUID
    relation: Relation
    language: str
    added_at: datetime
    added_by: UUID | None
    revoked_at: datetime | None

    @property
    def stands(self) -> bool:
        return self.revoked_at is None
