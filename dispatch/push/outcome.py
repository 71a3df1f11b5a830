"""What becomes of one push, and what a push service's answer says of it."""

from dataclasses import dataclass
from enum import StrEnum

from dispatch.push.bounds import RETRY_AFTER_MAX_S


class Outcome(StrEnum):
    """What became of one push at one address. Only the device itself can say `delivered`."""

    ACCEPTED = "accepted"
    """The push service has taken it."""
    GONE = "gone"
    """The address wakes nobody any more."""
    REFUSED = "refused"
    """The push service does not take it, and will not: not as we ask, or not from us."""
    BUSY = "busy"
    """The push service asks us to come back."""
    THROTTLED = "throttled"
    """The push service takes no more for this device now; others it does."""
    FAILED = "failed"
    """The push service does not work, or cannot be reached."""
    EXPIRED = "expired"
    """It was of no use any more before it could be sent."""
    GIVEN_UP = "given_up"
    """It was tried often enough."""
    DROPPED = "dropped"
    """Too many waited."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a push service said, or that it said nothing. `wait_s`: what it asks us to wait.

    `reason` is one of its documented words, or of ours: never text from outside.
    """

    outcome: Outcome
    status: int = 0
    wait_s: float = 0.0
    reason: str = ""


def judge(status: int, retry_after: str = "") -> Answer:
    """Read an answer of a push service (RFC 8030, sections 5 and 7.3; RFC 9110, section 10.2.3)."""
    if 200 <= status < 300:
        return Answer(Outcome.ACCEPTED, status)
    if status in (404, 410):
        return Answer(Outcome.GONE, status)
    if status in (429, 503):
        return Answer(Outcome.BUSY, status, asked_to_wait_s(retry_after))
    if status == 408 or status >= 500:
        return Answer(Outcome.FAILED, status, asked_to_wait_s(retry_after))
    return Answer(Outcome.REFUSED, status)


def asked_to_wait_s(retry_after: str) -> float:
    """Read a `Retry-After`. A date is what no push service sends: our own back-off will do."""
    is_number = retry_after.isascii() and retry_after.isdigit()
    return min(RETRY_AFTER_MAX_S, float(retry_after)) if is_number else 0.0
