"""What simulators tell the demo: one JSON line each on their standard output.

`at_ns` is the monotonic clock, which all processes of one Linux machine share: so the time from a
press in one process to its alert in another can be told without any clock being set.
"""

import sys
from typing import TypeAlias

import msgspec
from msgspec import Struct

from protocol.messages import Text
from protocol.vocabulary import FoundBy, Kind, SirenState, Stage, Verdict


class Report(Struct, frozen=True, tag_field="report"):
    """Any line."""


class Enrolling(Report, frozen=True, tag="enrolling"):
    """So many devices of this process have their token."""

    group: str
    done: int
    total: int


class Connected(Report, frozen=True, tag="connected"):
    """A device was welcomed (`up`), or lost its connection."""

    group: str
    device_id: str
    up: bool


class Pressed(Report, frozen=True, tag="pressed"):
    """A press was handed to the SDK."""

    signal_id: str
    device_id: str
    kind: Kind
    at_ns: int


class Heard(Report, frozen=True, tag="heard"):
    """The sender has the first receipt of its press, or one that says more."""

    signal_id: str
    alert_id: str
    stage: Stage
    verdict: Verdict
    quadrant: str | None
    at_ns: int


class Shown(Report, frozen=True, tag="shown"):
    """A handheld has shown an alert for the first time, in this version of it."""

    alert_id: str
    device_id: str
    version: int
    at_ns: int


class Answered(Report, frozen=True, tag="answered"):
    """A patrol or the control room did something with an alert."""

    alert_id: str
    who: str
    quadrant: str | None
    what: Text


class Sirens(Report, frozen=True, tag="sirens"):
    """What a member's app says of a siren of its front."""

    siren: str
    state: SirenState
    text: Text


class Checked(Report, frozen=True, tag="checked"):
    """The quadrant of a replayed incident, beside the one that the file says.

    `right` is None where the file does not say, or says it too near to a border to count.
    """

    incident_id: str
    expected: str | None
    quadrant: str | None
    found_by: FoundBy
    right: bool | None


class Replaying(Report, frozen=True, tag="replaying"):
    """How far a replay has got."""

    done: int
    total: int
    under_way: int
    given_up: int


class Unstored(Report, frozen=True, tag="unstored"):
    """At its end the process had presses that the server had not stored."""

    count: int


class Failed(Report, frozen=True, tag="failed"):
    """A device, or the whole process, cannot go on."""

    group: str
    why: str


AnyReport: TypeAlias = (
    Enrolling
    | Connected
    | Pressed
    | Heard
    | Shown
    | Answered
    | Sirens
    | Checked
    | Replaying
    | Unstored
    | Failed
)

_decoder = msgspec.json.Decoder(AnyReport)


def tell(report: AnyReport) -> None:
    """Print a report."""
    sys.stdout.buffer.write(msgspec.json.encode(report) + b"\n")
    sys.stdout.buffer.flush()


def read(line: bytes) -> AnyReport | None:
    """Read a line. None: it is no report."""
    try:
        report: AnyReport = _decoder.decode(line)
    except msgspec.DecodeError:
        return None
    return report
