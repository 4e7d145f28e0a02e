"""Measures by patient and month, and one note for each batch of messages."""

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Nothing yet."""
