"""The journal of improvement, cycles, the trial period, and going live."""

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Nothing yet."""
