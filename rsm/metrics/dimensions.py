"""By what figures can be looked at: whom does it reach, and whom not."""

from enum import StrEnum


class Dimension(StrEnum):
    """A way to divide a site's patients; each patient has one value, or none recorded, today."""

    ALL = "all"
    AGE = "age"  # by the decade of birth: "1950"
    SEX = "sex"
    ETHNICITY = "ethnicity"
    LANGUAGE = "language"
    CHANNEL = "channel"
    INSURANCE = "insurance"
    RURALITY = "rurality"
    DEPRIVATION = "deprivation"
    WORKER = "worker"  # who looks after her: the id of a member of staff
