"""What more than one folder of tests uses: a real PostgreSQL, a database of its own a test.

And what holds for every property test: how long an example takes is not what it is about.
"""

from hypothesis import HealthCheck, settings

from tests.store.conftest import dsn, server

__all__ = ["dsn", "server"]

settings.register_profile(
    "busy machine",
    parent=settings(),  # in continuous integration, the same examples each time
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("busy machine")
