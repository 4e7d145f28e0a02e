"""What a site, or its organisation, exchanges for another version with a reason."""

from enum import StrEnum


class Setting(StrEnum):
    """Which of them a use is about."""

    POLICY = "policy"
    ROUTES = "routes"
