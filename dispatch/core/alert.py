"""One emergency, as the dispatcher keeps it."""

from msgspec import Struct, field

from dispatch.core.locate import Location
from protocol.messages import QuadrantView
from protocol.vocabulary import (
    AlertState,
    Kind,
    Outcome,
    Reach,
    SirenState,
    Stage,
    Step,
    Urgency,
    Verdict,
)


class Place(Struct, frozen=True, gc=False):
    """Where a signal comes from. Without coordinates there is only the location's `found_by`."""

    lat: float | None
    lon: float | None
    accuracy_m: float | None
    age_s: float | None
    address: str
    location: Location


class Press(Struct, frozen=True, gc=False):
    """One signal of an alert, as its sender is answered. `at_s` is monotonic."""

    signal_id: str
    device_id: str
    kind: Kind
    verdict: Verdict
    at_s: float


class Folded(Struct, frozen=True, gc=False):
    """A press that joined an alert after the one that raised it."""

    press: Press
    place: Place
    received_at_ms: int


class Owner(Struct, frozen=True, gc=False):
    """The patrol that answers. `due_s` is monotonic: when it is overdue."""

    device_id: str
    eta_s: int | None
    due_s: float
    overdue: bool = False


class Sounding(Struct, frozen=True, gc=False):
    """What a siren is to do about the alert, and what it does as far as we know. Monotonic times.

    It falls silent by itself at `until_s`, which is None once that is over; `answer_by_s` is set
    while it is asked.
    """

    state: SirenState
    until_s: float | None
    answer_by_s: float | None = None
    is_wanted: bool = True
    """Whether it should sound; no longer once somebody has silenced it."""


class Picture(Struct, frozen=True, gc=False):
    """What a camera saw of the alert. The picture itself is kept elsewhere, under its id."""

    picture_id: str
    camera_id: str
    taken_at_ms: int


class StageTimes(Struct, gc=False):
    """Wall-clock milliseconds of what has happened, None of what has not."""

    pressed_at_ms: int | None = None
    received_at_ms: int | None = None
    sent_at_ms: int | None = None
    delivered_at_ms: int | None = None
    accepted_at_ms: int | None = None
    arrived_at_ms: int | None = None
    closed_at_ms: int | None = None


class Alert(Struct, gc=False):
    """The facts of one alert. Its id is the id of the signal that raised it.

    Times ending in `_s` are monotonic; None means that nothing is due.
    """

    alert_id: str
    kind: Kind
    device_id: str
    front_id: str | None
    place: Place
    quadrant_view: QuadrantView | None
    """As its own edition has it: another edition may give the code to another place."""
    around: tuple[str, ...]
    """The neighbours of its quadrant in its own edition, most border alongside first."""
    last_signal_s: float
    stages: StageTimes
    state: AlertState = AlertState.RAISED
    urgency: Urgency = Urgency.NORMAL
    version: int = 0
    receipt_version: int = 0
    presses: dict[str, Press] = field(default_factory=dict)
    """By signal id, the first one included: what a retransmission is answered from."""
    last_press_of: dict[str, Press] = field(default_factory=dict)
    """By device id, its newest one: who is sent receipts, and the repeat window."""
    unstored: dict[str, bool] = field(default_factory=dict)
    """Signal ids of accepted presses that are not stored yet -> whether the journal has them."""
    folded: list[Folded] = field(default_factory=list)
    signals_total: int = 1
    reach: Reach = Reach.ON_DUTY
    secondary: tuple[str, ...] = ()
    neighbours: tuple[str, ...] = ()
    control_room: bool = False
    supervisors: bool = False
    delivered: dict[str, None] = field(default_factory=dict)
    owner: Owner | None = None
    step: Step = Step.NONE
    rounds: int = 0
    escalate_at_s: float | None = None
    tell_at_s: float | None = None
    keep_at_s: float | None = None
    """When what it has become is journalled at the latest, where that could wait."""
    told_at_s: float = 0.0
    cancel_requested_at_ms: int | None = None
    outcome: Outcome | None = None
    note: str = ""
    closed_at_s: float | None = None
    late: dict[str, int] = field(default_factory=dict)
    """stage -> milliseconds it took, for the stages that broke their budget."""
    sirens: dict[str, Sounding] = field(default_factory=dict)
    """By device id: the sirens of its front that were asked to sound."""
    sirens_due_s: float | None = None
    """When to look at them next."""
    front_at_s: float | None = None
    """Since when its front is to be seen to: roused while it is open, hushed once it has ended."""
    is_front_quiet: bool = False
    """Whether the first of the front that pressed did so in silence."""
    pictures: list[Picture] = field(default_factory=list)
    pushed: dict[str, None] = field(default_factory=dict)
    """By device id: whom the present step of calling has pushed to."""
    push_since_s: float = 0.0
    """Since when the present step of calling gives those who are connected time to show it."""
    push_at_s: float | None = None
    """When to look next who is to be pushed to."""
    news: Stage | None = None
    """That somebody comes, is there or was: as senders who sleep were told last. None: nobody."""

    def press(self, signal_id: str) -> Press | None:
        """Find one of its presses, as far back as they are remembered."""
        newest = (press for press in self.last_press_of.values() if press.signal_id == signal_id)
        return self.presses.get(signal_id) or next(newest, None)

    @property
    def quadrant(self) -> str | None:
        return self.place.location.quadrant

    @property
    def edition(self) -> str:
        return self.place.location.edition

    @property
    def is_open(self) -> bool:
        return self.state is not AlertState.CLOSED

    @property
    def due_s(self) -> float | None:
        """When time next does something to it, if it ever does."""
        arrival_s = None
        if self.owner is not None and self.state is AlertState.ACCEPTED:
            arrival_s = self.owner.due_s
        due = (
            self.escalate_at_s,
            self.tell_at_s,
            self.keep_at_s,
            arrival_s,
        )
        return min((at_s for at_s in due if at_s is not None), default=None)

    @property
    def front_due_s(self) -> float | None:
        """When its front, or one of its sirens, is next to be seen to, if ever."""
        due = (self.front_at_s, self.sirens_due_s)
        return min((at_s for at_s in due if at_s is not None), default=None)

    @property
    def quadrants(self) -> tuple[str, ...]:
        """The quadrants that were told: its own, those it reaches, those it was widened to."""
        own = () if self.quadrant is None else (self.quadrant,)
        return own + self.secondary + self.neighbours
