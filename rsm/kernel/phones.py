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


_NO_TEXTS = frozenset(
    {
        phonenumbers.PhoneNumberType.FIXED_LINE,
        phonenumbers.PhoneNumberType.PREMIUM_RATE,
        phonenumbers.PhoneNumberType.SHARED_COST,
        phonenumbers.PhoneNumberType.UAN,
        phonenumbers.PhoneNumberType.VOICEMAIL,
        phonenumbers.PhoneNumberType.PAGER,
    }
)


def takes_texts(number: str) -> bool:
    """Whether texts to this E.164 number may arrive: False only where it surely takes none.

    In North America a number's digits do not tell a mobile from a landline: there only the
    carrier's refusal does, which becomes a task.
    """
    return phonenumbers.number_type(phonenumbers.parse(number, None)) not in _NO_TEXTS
