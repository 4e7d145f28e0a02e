"""The JSON interface for other programs: `/api/v1/…`, described at `/api/openapi.json`.

A key (`Authorization: Bearer rsm_…`) acts for a machine at one site, within its scopes. Errors are
problem details (RFC 9457); a POST with an `Idempotency-Key` is done once; lists come in pages.
"""

from rsm.web.api.routes import router

__all__ = ["router"]
