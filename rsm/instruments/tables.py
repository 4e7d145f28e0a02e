"""Published instruments, as they were when they were published."""

from rsm.db.base import Base, Published


class InstrumentVersion(Published, Base):
    """One immutable version; `body` is the TOML it was made from."""

    __tablename__ = "instrument_version"
