"""The small words of instrument files: keys, codes, versions, and texts by language."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import StringConstraints

Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)]
Version = Annotated[
    str, StringConstraints(pattern=r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$", max_length=30)
]
# A FHIR linkId is a code as well, so all but blanks is allowed.
ItemCode = Annotated[str, StringConstraints(pattern=r"^\S+$", max_length=255)]
LanguageTag = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
# Language tag → text. Empty in an instrument that is structure without wording.
Texts = Mapping[LanguageTag, Text]
# What other systems say of a thing, kept as it came and shown to nobody: name → JSON text.
Metadata = Mapping[str, str]
