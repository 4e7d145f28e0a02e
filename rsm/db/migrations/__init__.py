"""Alembic migrations: released ones never change. 0001's tables and its security stand apart."""
