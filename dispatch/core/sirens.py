"""The sirens of a front: which emergencies sound them, for how long, and what they truly do.

They are asked once an alert is on its way to its patrol, and never by what is folded into it: a
street is not woken again and again. A siren obeys its last command, `sound` for so many seconds or
`silence`, and stops by itself; so it falls silent whatever becomes of us.

    asked ──▶ sounding ──▶ silent          failed, unreachable ──▶ sounding (its gateway tries on)
      └──▶ failed, unreachable
"""

from enum import StrEnum
from itertools import islice
from types import MappingProxyType
from typing import Final

from msgspec.structs import replace

from dispatch.core.alert import Alert, Sounding
from dispatch.core.authorise import Denial, may_touch
from dispatch.core.city import City
from dispatch.core.effects import Effect, Send
from dispatch.core.facts import FactKind
from dispatch.core.index import discard
from dispatch.core.limits import SIREN_ANSWER_S, SIREN_GRACE_S
from dispatch.core.moment import Moment
from dispatch.core.registry import Device, SirenTests
from dispatch.core.tell import deny, note, show, tell_soon
from dispatch.core.view import sender_view
from dispatch.core.words import siren_text
from protocol.limits import SIRENS_SHOWN
from protocol.messages import Command, Silence, Siren, Sounded
from protocol.vocabulary import Action, Kind, Role, SirenState

FOR_S: Final = MappingProxyType(
    {
        Kind.PANIC: 120,
        Kind.INTRUSION: 120,
        Kind.FIRE: 180,
        Kind.MEDICAL: None,
        Kind.SILENT: None,
        Kind.TEST: 5,
    }
)
"""For how many seconds an emergency of each kind sounds its front's sirens; None: never. A test
does only within its front's weekly window, and is short."""


class SirenEvent(StrEnum):
    """What a siren said of itself, or what its silence means."""

    SOUNDS = "sounds"
    STOPPED = "stopped"
    FAILED = "failed"
    UNREACHABLE = "unreachable"
    NO_ANSWER = "no_answer"
    TIME_UP = "time_up"
    ASKED_AGAIN = "asked_again"


_SAID: Final = MappingProxyType(
    {
        SirenState.SOUNDING: SirenEvent.SOUNDS,
        SirenState.SILENT: SirenEvent.STOPPED,
        SirenState.FAILED: SirenEvent.FAILED,
        SirenState.UNREACHABLE: SirenEvent.UNREACHABLE,
    }
)

TRANSITIONS: Final = MappingProxyType(
    {
        (SirenState.ASKED, SirenEvent.SOUNDS): SirenState.SOUNDING,
        (SirenState.ASKED, SirenEvent.STOPPED): SirenState.SILENT,
        (SirenState.ASKED, SirenEvent.FAILED): SirenState.FAILED,
        (SirenState.ASKED, SirenEvent.UNREACHABLE): SirenState.UNREACHABLE,
        (SirenState.ASKED, SirenEvent.NO_ANSWER): SirenState.UNREACHABLE,
        (SirenState.ASKED, SirenEvent.TIME_UP): SirenState.UNREACHABLE,
        (SirenState.SOUNDING, SirenEvent.STOPPED): SirenState.SILENT,
        (SirenState.SOUNDING, SirenEvent.TIME_UP): SirenState.SILENT,
        (SirenState.FAILED, SirenEvent.SOUNDS): SirenState.SOUNDING,
        (SirenState.FAILED, SirenEvent.UNREACHABLE): SirenState.UNREACHABLE,
        (SirenState.FAILED, SirenEvent.ASKED_AGAIN): SirenState.ASKED,
        (SirenState.UNREACHABLE, SirenEvent.SOUNDS): SirenState.SOUNDING,
        (SirenState.UNREACHABLE, SirenEvent.STOPPED): SirenState.SILENT,
        (SirenState.UNREACHABLE, SirenEvent.FAILED): SirenState.FAILED,
        (SirenState.UNREACHABLE, SirenEvent.ASKED_AGAIN): SirenState.ASKED,
    }
)
"""What is not here changes nothing: answers come twice, and late."""


def sound(city: City, alert: Alert, since_s: float, now: Moment) -> list[Effect]:
    """Have the sirens of an alert's front sound, if its kind does that, counted from `since_s`."""
    for_s = _for_s(city, alert, now)
    if for_s is None or alert.front_id is None or since_s + for_s <= now.mono_s:
        return []
    effects: list[Effect] = []
    for siren_id in islice(city.registry.of_front(alert.front_id, Role.SIREN), SIRENS_SHOWN):
        alert.sirens[siren_id] = Sounding(SirenState.ASKED, since_s + for_s)
        city.sounding.setdefault(siren_id, {})[alert.alert_id] = None
        effects += _ask(city, alert, siren_id, now)
    return [*effects, *tell_soon(city, alert, now)] if effects else []


def sounded(city: City, speaker: Device, message: Sounded, now: Moment) -> list[Effect]:
    """Take what a siren, or its gateway, says that it does."""
    siren_id = speaker.device_id
    if speaker.role is Role.GATEWAY:
        siren = city.registry.devices.get(message.device_id or "")
        if siren is None or siren.revoked or siren.gateway_id != speaker.device_id:
            return deny(speaker.device_id, message, Denial.NOT_BEHIND_GATEWAY, now)
        siren_id = siren.device_id
    alert = city.board.alerts.get(message.alert_id)
    if alert is None or siren_id not in alert.sirens:
        denial = Denial.UNKNOWN_ALERT if alert is None else Denial.NOT_YOUR_ALERT
        return deny(speaker.device_id, message, denial, now, message.alert_id)
    event = _SAID.get(message.state)
    if event is SirenEvent.SOUNDS:  # for whichever alert it was told to, it is heard in all
        return _become_in_all(city, siren_id, event, now)
    return [] if event is None else _become(city, alert, siren_id, event, now)


def silence(city: City, device: Device, message: Silence, now: Moment) -> list[Effect]:
    """Whoever answers the alert, or the control room, has its sirens fall silent."""
    alert = city.board.alerts.get(message.alert_id)
    denial = Denial.UNKNOWN_ALERT
    if alert is not None:
        on_duty = city.presence.is_on_duty(device.device_id)
        denied = may_touch(device, on_duty, alert, message)
        if denied is None:
            return _silence(city, device, alert, now)
        denial = denied
    return deny(device.device_id, message, denial, now, message.alert_id)


def hush(city: City, alert: Alert, now: Moment) -> list[Effect]:
    """Nobody wants to hear the alert's sirens any more."""
    if not alert.sirens:
        return []
    effects: list[Effect] = []
    for siren_id, sounding in list(alert.sirens.items()):
        if sounding.is_wanted and sounding.until_s is not None:
            _put(city, alert, siren_id, replace(sounding, is_wanted=False))
            effects += _command(city, alert, siren_id, now)
    return effects


def returned(city: City, device: Device, now: Moment) -> list[Effect]:
    """A siren, or a gateway with sirens behind it, is here again: repeat what still holds."""
    if not city.sounding:
        return []
    effects: list[Effect] = []
    for siren_id, alert_ids in list(city.sounding.items()):
        if _route(city, siren_id) == device.device_id:
            newest = city.board.alerts[next(reversed(alert_ids))]
            effects += _command(city, newest, siren_id, now)
            effects += _become_in_all(city, siren_id, SirenEvent.ASKED_AGAIN, now)
    return effects


def sounding_for(city: City, member: Device) -> list[Effect]:
    """Tell a member of a front, who has just come, which of its sirens sound, and for whom."""
    told = []
    for siren_id in city.registry.of_front(member.front_id or "", Role.SIREN):
        for alert_id in city.sounding.get(siren_id, ()):
            alert = city.board.alerts[alert_id]
            if alert.sirens[siren_id].state is SirenState.SOUNDING:
                told += _tell(city, (member.device_id,), alert, siren_id, SirenState.SOUNDING)
    return told


def forgotten(city: City, alert: Alert) -> None:
    """The alert is remembered no longer, and so is what its sirens were asked."""
    for siren_id in alert.sirens:
        discard(city.sounding, siren_id, alert.alert_id)


def time_passed(city: City, alert: Alert, now: Moment) -> list[Effect]:
    """Do what is due of an alert's sirens: one did not answer, or has run its time."""
    effects: list[Effect] = []
    for siren_id, sounding in list(alert.sirens.items()):
        if sounding.until_s is not None and sounding.until_s + SIREN_GRACE_S <= now.mono_s:
            effects += _become(city, alert, siren_id, SirenEvent.TIME_UP, now)
        elif sounding.answer_by_s is not None and sounding.answer_by_s <= now.mono_s:
            effects += _become(city, alert, siren_id, SirenEvent.NO_ANSWER, now)
    return effects


def restored(city: City, alert: Alert) -> None:
    """An alert of an earlier run is up again, and so is what its sirens were asked."""
    for siren_id, sounding in alert.sirens.items():
        if sounding.until_s is not None:
            city.sounding.setdefault(siren_id, {})[alert.alert_id] = None


def is_test_window(window: SirenTests | None, wall_ms: int) -> bool:
    """Say whether a front tries out its sirens at this moment."""
    if window is None:
        return False
    week_min = (wall_ms // 60_000 + _LOCAL_MIN + _EPOCH_WEEK_MIN) % _WEEK_MIN
    return (week_min - window.week_min) % _WEEK_MIN < window.lasts_min


_LOCAL_MIN: Final = -5 * 60
"""Colombia's time, which knows no daylight saving, in minutes from UTC."""
_WEEK_MIN: Final = 7 * 24 * 60
_EPOCH_WEEK_MIN: Final = 3 * 24 * 60
"""1 January 1970 was a Thursday."""


def _for_s(city: City, alert: Alert, now: Moment) -> int | None:
    front = city.registry.fronts.get(alert.front_id or "")
    if front is None:
        return None
    if alert.kind is Kind.TEST and not is_test_window(front.siren_tests, now.wall_ms):
        return None
    return FOR_S[alert.kind]


def _silence(city: City, device: Device, alert: Alert, now: Moment) -> list[Effect]:
    effects = hush(city, alert, now)
    if effects:
        effects.append(note(FactKind.SILENCED, alert, now, device_id=device.device_id))
    return [*show(city, alert, device.device_id, now), *effects]


def _ask(city: City, alert: Alert, siren_id: str, now: Moment) -> list[Effect]:
    """Ask a siren, or know at once that nobody can."""
    if _route(city, siren_id) is None:
        return _become(city, alert, siren_id, SirenEvent.UNREACHABLE, now)
    answer_by_s = now.mono_s + SIREN_ANSWER_S
    _put(city, alert, siren_id, replace(alert.sirens[siren_id], answer_by_s=answer_by_s))
    noted = note(FactKind.SIREN, alert, now, SirenState.ASKED, siren_id)
    return [*_command(city, alert, siren_id, now), noted]


def _command(city: City, alert: Alert, siren_id: str, now: Moment) -> list[Effect]:
    """Send what the siren is to do by all alerts together: sound for the longest that wants it."""
    route = _route(city, siren_id)
    if route is None:
        return []
    wanted = {
        other.alert_id: other.sirens[siren_id].until_s or 0.0
        for alert_id in city.sounding.get(siren_id, ())
        if (other := city.board.alerts[alert_id]).sirens[siren_id].is_wanted
    }
    left_s = max(wanted.values(), default=0.0) - now.mono_s
    alert_id = alert.alert_id
    if wanted and alert_id not in wanted:
        alert_id = max(wanted, key=wanted.__getitem__)
    sounds = left_s > 0
    command = Command(
        action=Action.SOUND if sounds else Action.SILENCE,
        alert_id=alert_id,
        device_id=None if route == siren_id else siren_id,
        for_s=max(1, round(left_s)) if sounds else None,
    )
    return [Send((route,), command)]


def _route(city: City, siren_id: str) -> str | None:
    """Return who a siren is spoken to through: itself, or its gateway; None: nobody is here."""
    sessions = city.presence.session_of
    if siren_id in sessions:
        return siren_id
    siren = city.registry.devices.get(siren_id)
    gateway_id = None if siren is None else siren.gateway_id
    return gateway_id if gateway_id in sessions else None


def _become_in_all(city: City, siren_id: str, event: SirenEvent, now: Moment) -> list[Effect]:
    """Take a step in every alert that wants the siren to sound."""
    effects: list[Effect] = []
    for alert_id in list(city.sounding.get(siren_id, ())):
        alert = city.board.alerts[alert_id]
        if alert.sirens[siren_id].is_wanted:
            effects += _become(city, alert, siren_id, event, now)
    return effects


def _become(
    city: City, alert: Alert, siren_id: str, event: SirenEvent, now: Moment
) -> list[Effect]:
    """Take a step of the table, and tell whoever it matters to."""
    sounding = alert.sirens[siren_id]
    state = TRANSITIONS.get((sounding.state, event), sounding.state)
    is_over = event in (SirenEvent.STOPPED, SirenEvent.TIME_UP)
    answer_by_s = now.mono_s + SIREN_ANSWER_S if event is SirenEvent.ASKED_AGAIN else None
    after = Sounding(
        state,
        None if is_over else sounding.until_s,
        answer_by_s if state is SirenState.ASKED else None,
        sounding.is_wanted and not is_over,
    )
    if after == sounding:
        return []
    _put(city, alert, siren_id, after)
    if state is sounding.state:
        return []
    effects: list[Effect] = tell_soon(city, alert, now) if alert.is_open else []
    effects.append(note(FactKind.SIREN, alert, now, state, siren_id))
    if SirenState.SOUNDING in (state, sounding.state):
        effects += _tell_front(city, alert, siren_id, state)
    return effects


def _put(city: City, alert: Alert, siren_id: str, sounding: Sounding) -> None:
    """Keep what a siren does, and be reminded of what is next."""
    city.changed[alert.alert_id] = alert
    alert.sirens[siren_id] = sounding
    if sounding.until_s is None:
        discard(city.sounding, siren_id, alert.alert_id)
    due = (_due_s(each) for each in alert.sirens.values())
    alert.sirens_due_s = min((at_s for at_s in due if at_s is not None), default=None)
    city.front_deadlines.remind(alert.sirens_due_s, alert.alert_id)


def _due_s(sounding: Sounding) -> float | None:
    if sounding.until_s is None:
        return None
    over_s = sounding.until_s + SIREN_GRACE_S
    return over_s if sounding.answer_by_s is None else min(sounding.answer_by_s, over_s)


def _tell_front(city: City, alert: Alert, siren_id: str, state: SirenState) -> list[Effect]:
    """Tell the members of the front, whose siren it is, who set it off, or that it is over."""
    sessions = city.presence.session_of
    members = city.registry.of_front(alert.front_id or "", Role.APP)
    told = tuple(device_id for device_id in members if device_id in sessions)
    return _tell(city, told, alert, siren_id, state) if told else []


def _tell(
    city: City, told: tuple[str, ...], alert: Alert, siren_id: str, state: SirenState
) -> list[Effect]:
    siren = city.registry.devices.get(siren_id)
    if siren is None or alert.front_id is None:
        return []
    by = sender_view(city.registry, alert.device_id).name
    message = Siren(
        front_id=alert.front_id,
        alert_id=alert.alert_id,
        device=siren.name,
        state=state,
        by=by,
        text=siren_text(siren.name, state, by, alert.kind),
    )
    return [Send(told, message)]
