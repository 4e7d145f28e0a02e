"""Identity, roles, sessions, API keys, the audit trail, and encryption at rest."""
