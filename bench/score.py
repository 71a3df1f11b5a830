"""From what was seen to what counts: was every press shown to whom it concerns, once, and how soon.

Nothing is taken on trust: a press counts as delivered when every handheld of the quadrant that its
place lies in was sent it, whatever the server says about it.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np
from hdrh.histogram import HdrHistogram
from numpy.typing import NDArray

from bench.calls import Calls, Nanoseconds
from bench.city import City

LOWEST_US: Final = 1
HIGHEST_US: Final = 3_600_000_000
DIGITS: Final = 3
CURVE: Final = (0.0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 98, 99, 99.5, 99.9, 99.95, 99.99, 100)
BIN_S: Final = 0.5
PERCENTILES: Final = {"p50": 50.0, "p90": 90.0, "p99": 99.0, "p999": 99.9, "p9999": 99.99}


class Verdict(msgspec.Struct, frozen=True):
    """What became of the presses. All but `sent` and `delivered` must be 0."""

    sent: int
    delivered: int
    """Presses that every handheld of their quadrant was sent."""
    lost: int
    """Presses that some handheld of their quadrant was not sent."""
    duplicated: int
    """Alerts that came to a handheld again with the same version."""
    misrouted: int
    """Alerts that came to a handheld of another quadrant, or of a press that was never made."""
    unanswered: int
    """Presses without any receipt."""
    not_stored: int
    """Presses without a receipt that says `stored`."""
    unexpected: int
    """Errors, rings, notices."""
    hung_up: int
    """Connections that ended."""

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong."""
        return (
            self.sent == self.delivered
            and not any(
                (self.lost, self.duplicated, self.misrouted, self.unanswered, self.not_stored)
            )
            and not self.unexpected
            and not self.hung_up
        )


class Latencies(msgspec.Struct):
    """Microseconds, from when a press was due."""

    handheld_us: NDArray[np.int64]
    """Until each handheld of its quadrant was sent it."""
    handheld_due_ns: Nanoseconds
    """When each of these presses was due."""
    receipt_us: NDArray[np.int64]
    stored_us: NDArray[np.int64]
    late_us: NDArray[np.int64]
    """How late the generator itself was: what of the above is not the server's."""


def judge(calls: Calls, city: City, *, stores: bool = True) -> tuple[Verdict, Latencies]:
    """Compare what handhelds were shown with what they had to be shown."""
    presses = len(calls.numbers)
    order = np.argsort(calls.numbers)
    numbers, due_ns = calls.numbers[order], calls.due_ns[order]
    stands_in = np.array([each.quadrant for each in city.senders], dtype=np.int64)
    patrols = np.array([each.quadrant for each in city.handhelds], dtype=np.int64)
    concerned = np.bincount(patrols, minlength=int(stands_in.max(initial=0)) + 1)
    quadrant_of = stands_in[calls.senders[order]]

    at = np.searchsorted(numbers, calls.shown_numbers)
    is_known = (at < presses) & (numbers[np.minimum(at, presses - 1)] == calls.shown_numbers)
    at = np.where(is_known, at, 0)
    is_right = is_known & (quadrant_of[at] == patrols[calls.shown_handhelds])
    shown = np.stack([calls.shown_numbers, calls.shown_handhelds, calls.shown_versions])
    duplicated = shown.shape[1] - len(np.unique(shown, axis=1).T)

    first = _first_of_each(at[is_right], calls.shown_handhelds[is_right], calls.shown_ns[is_right])
    at, at_ns = first
    reached = np.bincount(at, minlength=presses)
    delivered = int((reached == concerned[quadrant_of]).sum())
    receipt_ns, stored_ns = calls.receipt_ns[order], calls.stored_ns[order]
    verdict = Verdict(
        sent=presses,
        delivered=delivered,
        lost=presses - delivered,
        duplicated=duplicated,
        misrouted=int((~is_right).sum()),
        unanswered=int((receipt_ns == 0).sum()),
        not_stored=int((stored_ns == 0).sum()) if stores else 0,
        unexpected=calls.traffic.others,
        hung_up=calls.traffic.hung_up,
    )
    return verdict, Latencies(
        (at_ns - due_ns[at]) // 1_000,
        due_ns[at],
        _since(due_ns, receipt_ns),
        _since(due_ns, stored_ns),
        (calls.sent_ns - calls.due_ns) // 1_000,
    )


def _first_of_each(
    at: NDArray[np.int64], handhelds: NDArray[np.int64], at_ns: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of several versions at one handheld, the first counts."""
    by_time = np.argsort(at_ns, kind="stable")
    at, handhelds, at_ns = at[by_time], handhelds[by_time], at_ns[by_time]
    _, first = np.unique(np.stack([at, handhelds]), axis=1, return_index=True)
    return at[first], at_ns[first]


def _since(due_ns: NDArray[np.int64], at_ns: NDArray[np.int64]) -> NDArray[np.int64]:
    return (at_ns[at_ns > 0] - due_ns[at_ns > 0]) // 1_000


def histogram(values_us: NDArray[np.int64]) -> HdrHistogram:
    """An HdrHistogram of microseconds, to three digits."""
    made = HdrHistogram(LOWEST_US, HIGHEST_US, DIGITS)
    values, times = np.unique(np.clip(values_us, LOWEST_US, HIGHEST_US), return_counts=True)
    for value, count in zip(values.tolist(), times.tolist(), strict=True):
        made.record_value(value, count)
    return made


def percentiles_ms(values_us: NDArray[np.int64]) -> dict[str, float]:
    """The percentiles and the longest, in milliseconds."""
    made = histogram(values_us)
    shares = {name: made.get_value_at_percentile(part) for name, part in PERCENTILES.items()}
    return {
        name: round(value / 1_000, 3)
        for name, value in {**shares, "max": made.get_max_value()}.items()
    }


def summary(verdict: Verdict, latencies: Latencies) -> dict[str, Any]:
    """Both, as figures for people and machines."""
    return {
        **msgspec.structs.asdict(verdict),
        "handheld_ms": percentiles_ms(latencies.handheld_us),
        "receipt_ms": percentiles_ms(latencies.receipt_us),
        "stored_ms": percentiles_ms(latencies.stored_us),
        "generator_late_ms": percentiles_ms(latencies.late_us),
    }


def curve(values_us: NDArray[np.int64]) -> list[list[float]]:
    """Percentiles and milliseconds, closer together towards the end: a plot's line."""
    made = histogram(values_us)
    return [[part, round(made.get_value_at_percentile(part) / 1_000, 3)] for part in CURVE]


def over_time(latencies: Latencies) -> list[list[float]]:
    """Second, p50 and p99 in milliseconds of each `BIN_S` of a round."""
    due_ns = latencies.handheld_due_ns
    bins = (due_ns - due_ns.min(initial=due_ns[0] if len(due_ns) else 0)) // int(BIN_S * 1e9)
    rows = []
    for each in np.unique(bins).tolist():
        inside = percentiles_ms(latencies.handheld_us[bins == each])
        rows.append([each * BIN_S, inside["p50"], inside["p99"]])
    return rows


def median(values: Sequence[float]) -> float:
    """The middle of them; 0 of none."""
    return float(np.median(values)) if values else 0.0
