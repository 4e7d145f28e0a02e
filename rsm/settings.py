"""Settings come from the environment, prefix `RSM_`: strict, read once, never printed.

An unknown `RSM_*` name refuses to start, since a misspelt setting is a setting that nobody set.
Secrets may come from files (`RSM_X_FILE`). Each field's documentation is its description.
"""

import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError

from rsm.kernel.errors import Invalid, Problem

PREFIX = "RSM_"
# Kubernetes injects these for a service called rsm.
_INJECTED = ("RSM_SERVICE_", "RSM_PORT")
_LEAST_SECRET = 32


def _public_url(value: str) -> str:
    if not value.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise ValueError("must start with https:// (http only on loopback)")
    return value.rstrip("/")


def _long_enough(value: SecretStr | None) -> SecretStr | None:
    if value is not None and len(value.get_secret_value()) < _LEAST_SECRET:
        raise ValueError(f"is weak: at least {_LEAST_SECRET} characters, such as 32 random bytes")
    return value


class Settings(BaseModel):
    """All settings; the defaults are those of a demo on one machine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database_url: SecretStr | None = Field(
        None, description="PostgreSQL, or several with a comma; unset: embedded server"
    )
    migrate_database_url: SecretStr | None = Field(None, description="the owner's address")
    worker_database_url: SecretStr | None = Field(None, description="the worker's address")
    data_dir: Path = Field(Path("var"), description="embedded server, sandbox state, lifeline")
    public_url: Annotated[str, AfterValidator(_public_url)] = Field(
        "http://127.0.0.1:8000", description="base of links and of webhook signatures"
    )
    secret_keys: SecretStr | None = Field(None, description="key ring: id:base64,… first one seals")
    sms_provider: Literal["twilio", "sandbox"] = Field("twilio", description="who sends texts")
    twilio_account_sid: str | None = Field(None, description="Twilio account")
    twilio_auth_token: SecretStr | None = Field(None, description="Twilio token")
    twilio_from: str | None = Field(None, description="no effect yet: sites name theirs")
    twilio_messaging_service_sid: str | None = Field(None, description="no effect yet")
    twilio_api_url: str = Field("https://api.twilio.com", description="any compatible server")
    smtp_url: SecretStr | None = Field(None, description="mail server; unset: no e-mail")
    email_hook_secret: Annotated[SecretStr | None, AfterValidator(_long_enough)] = Field(
        None, description="signs delivery reports that a mail server posts"
    )
    heartbeat_url: SecretStr | None = Field(None, description="pinged only while all is well")
    oidc_issuer: str | None = Field(None, description="single sign-on (not used yet)")
    oidc_client_id: str | None = Field(None, description="single sign-on (not used yet)")
    oidc_client_secret: SecretStr | None = Field(None, description="single sign-on (not used yet)")
    bind: str = Field("127.0.0.1:8000", description="where the web process listens")
    metrics_bind: str = Field("127.0.0.1:9100", description="where the worker shows /metrics")

    @property
    def host(self) -> str:
        return self.bind.rpartition(":")[0] or "127.0.0.1"

    @property
    def port(self) -> int:
        return int(self.bind.rpartition(":")[2])


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process.

    Raises `Invalid` that names every unknown, unreadable or malformed setting.
    """
    values: dict[str, str] = {}
    problems: list[Problem] = []
    for name, value in sorted((os.environ if environment is None else environment).items()):
        if not name.startswith(PREFIX) or name.startswith(_INJECTED):
            continue
        try:
            field, content = _read(name, value)
        except Invalid as error:
            problems.extend(error.problems)
        else:
            if content:
                values[field] = content
    if problems:
        raise Invalid(problems)
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise Invalid([_explain(fault["loc"], fault["msg"]) for fault in error.errors()]) from None


def _read(name: str, value: str) -> tuple[str, str]:
    field = name.removeprefix(PREFIX).lower()
    if field in Settings.model_fields:
        return field, value
    plain = field.removesuffix("_file")
    if plain in Settings.model_fields and plain != field:
        try:
            return plain, Path(value).read_text().strip()
        except OSError as error:
            reason = error.strerror or "cannot be read"
            raise Invalid(Problem(name, f"{value}: {reason}", "check path and rights")) from None
    known = [PREFIX + each.upper() for each in Settings.model_fields]
    near = get_close_matches(name, known, 1)
    raise Invalid(Problem(name, "unknown setting", f"did you mean {near[0]}?" if near else ""))


def _explain(where: tuple[int | str, ...], what: str) -> Problem:
    return Problem(PREFIX + str(where[0]).upper(), what.removeprefix("Value error, "))
