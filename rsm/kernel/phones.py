"""Is this a telephone number, and which: E.164 is the one form that we store and compare."""

import phonenumbers

from rsm.kernel.errors import Invalid, Problem

HOME_REGION = "US"  # numbers written without a country code


def e164(text: str, where: str = "phone") -> str:
    """The number in E.164; raises `Invalid` when it is none, or cannot exist."""
    try:
        number = phonenumbers.parse(text, HOME_REGION)
    except phonenumbers.NumberParseException:
        raise Invalid(
            Problem(where, "is not a telephone number", "write it as +1 202 555 0143")
        ) from None
    if not phonenumbers.is_possible_number(number):
        raise Invalid(Problem(where, "has the wrong number of digits", "with country code"))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def spoken(number: str) -> str:
    """The number as people write it at home: `202-555-0143`."""
    parsed = phonenumbers.parse(number, HOME_REGION)
    national = phonenumbers.region_code_for_number(parsed) in {HOME_REGION, None}
    if parsed.country_code == 1 and national:
        digits = str(parsed.national_number)
        return f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
