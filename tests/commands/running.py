"""What the tests of commands share."""

import re
from collections.abc import Callable

from typer.testing import Result

Run = Callable[..., Result]
"""Runs a command, and fails unless it exits as `exits` says."""

CODE = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}")
"""A one-time enrolment code."""
