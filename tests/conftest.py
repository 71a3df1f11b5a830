"""What more than one folder of tests uses: a real PostgreSQL, a database of its own a test."""

from tests.store.conftest import dsn, server

__all__ = ["dsn", "server"]
