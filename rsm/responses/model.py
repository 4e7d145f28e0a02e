"""The words of a report."""

from enum import StrEnum


class ResponseState(StrEnum):
    DRAFT = "draft"
    FINAL = "final"
    SUPERSEDED = "superseded"  # a later revision stands
