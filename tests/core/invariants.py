"""What must hold after everything that happens, whatever happens."""

import math
from collections import Counter, defaultdict
from typing import Any

from dispatch.core.city import City
from dispatch.core.deadlines import AT_ONCE_S
from dispatch.core.effects import Send
from dispatch.core.limits import MESSAGES_PER_FRONT_MAX
from dispatch.core.sirens import FOR_S
from protocol import messages
from protocol.vocabulary import Action, AlertState, Kind, Role, SirenState, TroubleKind


def check_city(city: City) -> None:
    """No alert is left alone, and the board can be trusted."""
    _check_that_nothing_is_left_alone(city)
    _check_owners(city)
    _check_the_board(city)
    _check_sirens(city)
    _check_the_kit(city)
    _check_the_messages(city)


def check_send(city: City, send: Send) -> None:
    """Nobody is sent what is not theirs, and nobody off duty is called."""
    assert len(set(send.devices)) == len(send.devices), "a frame is sent twice"
    match send.message:
        case messages.Alert() as alert:
            for device_id in send.devices:
                assert may_see(city, device_id, alert), f"{device_id} was sent another's alert"
                assert city.presence.is_here(device_id), f"{device_id} is off duty"
        case messages.Trouble() as trouble:
            told_others = [
                each for each in send.devices if not _may_see_trouble(city, each, trouble)
            ]
            assert not told_others, f"{told_others} were told what is wrong elsewhere"
        case messages.Command(action=Action.RING):
            assert all(city.presence.is_here(device_id) for device_id in send.devices)
        case messages.Command() as command:
            _check_kit_command(city, send, command)
        case messages.Push() as push:
            _check_push(city, send, push)
        case messages.Kit() as kit:
            for device in kit.devices:
                assert city.registry.devices[device.device_id].gateway_id in send.devices
        case messages.Siren() as siren:
            _check_siren(city, send, siren)
        case messages.Receipt() as receipt:
            _check_receipt(city, send, receipt)
        case messages.FrontMessage() | messages.MessageReach() as said:
            _check_message(city, send, said)


def _check_siren(city: City, send: Send, siren: messages.Siren) -> None:
    alert = city.board.alerts[siren.alert_id]
    assert alert.kind is not Kind.SILENT, "the siren gave a silent press away"
    for device_id in send.devices:
        member = city.registry.devices[device_id]
        assert (member.role, member.front_id) == (Role.APP, siren.front_id)


def _check_message(
    city: City, send: Send, said: messages.FrontMessage | messages.MessageReach
) -> None:
    for device_id in _but_consoles(city, send):
        assert _may_hear(city, device_id, said), f"{device_id} was told what is not for it"


def _check_receipt(city: City, send: Send, receipt: messages.Receipt) -> None:
    alert = city.board.alerts[receipt.alert_id]
    for device_id in _but_consoles(city, send):
        pressed = [city.registry.devices.get(each) for each in alert.last_press_of]
        assert any(
            device is not None and device_id in (device.device_id, device.gateway_id)
            for device in pressed
        ), f"{device_id} was sent the receipt of an alert it has no part in"


def _but_consoles(city: City, send: Send) -> list[str]:
    """A console speaks for any device that it has let in."""
    return [each for each in send.devices if city.registry.devices[each].role is not Role.CONSOLE]


def _check_push(city: City, send: Send, push: messages.Push) -> None:
    """Whoever is woken is called and on duty, or has called, aloud, and is not here."""
    (told,) = send.devices
    assert city.registry.devices[told].role is Role.PUSH
    alert = city.board.alerts[push.alert_id]
    woken = city.registry.devices[push.device_id]
    assert woken.push == push.targets
    assert push.targets
    if push.stage is not None:
        assert woken.role is Role.APP
        assert push.device_id not in city.presence.session_of
        assert alert.last_press_of[push.device_id].kind is not Kind.SILENT
        return
    assert city.presence.is_on_duty(push.device_id), "somebody off duty is woken"
    assert alert.is_open
    match woken.role:
        case Role.PATROL:
            assert woken.quadrant in alert.quadrants, f"{push.device_id} of elsewhere is woken"
        case Role.OPERATOR:
            assert alert.control_room, f"{push.device_id} is woken before it is called"
        case role:
            assert role is Role.SUPERVISOR
            assert alert.supervisors, f"{push.device_id} is woken before it is called"


def _check_kit_command(city: City, send: Send, command: messages.Command) -> None:
    """A siren or a camera of the alert's own front is told, itself or through its own gateway."""
    alert = city.board.alerts[command.alert_id]
    (told,) = send.devices
    device_id = command.device_id or told
    device = city.registry.devices[device_id]
    assert told == device.gateway_id if command.device_id else told == device_id
    if command.action is Action.LOOK:
        assert (device.role, device.front_id) == (Role.CAMERA, alert.front_id)
        return
    assert device_id in alert.sirens, "a siren that was never asked is told something"
    if command.action is Action.SOUND:
        assert alert.kind is not Kind.SILENT, "a silent press sounds no siren"
        assert alert.sirens[device_id].is_wanted
        assert command.for_s is not None
        longest_s = max(filter(None, FOR_S.values()))
        assert 0 < command.for_s <= longest_s, "a siren is to sound for longer than it may"


def may_see(city: City, device_id: str, alert: messages.Alert) -> bool:
    """By the frame alone: the control room all, a patrol what its quadrant was told or it owns."""
    device = city.registry.devices[device_id]
    if device.role in (Role.OPERATOR, Role.SUPERVISOR):
        return True
    told = {*alert.told.secondary, *alert.told.neighbours}
    if alert.quadrant is not None:
        told.add(alert.quadrant.code)
    is_owner = alert.owner is not None and alert.owner.device_id == device_id
    return device.role is Role.PATROL and (is_owner or device.quadrant in told)


def _may_see_trouble(city: City, device_id: str, trouble: messages.Trouble) -> bool:
    """The control room on duty all, the coordinator's telephone what is wrong in the own front."""
    device = city.registry.devices[device_id]
    if device.role in (Role.OPERATOR, Role.SUPERVISOR):
        return city.presence.is_here(device_id)
    front = city.registry.fronts.get(trouble.front_id or "")
    is_coordinator = front is not None and front.coordinator_id == device.person_id
    return device.role is Role.APP and is_coordinator and device.person_id is not None


def _may_hear(
    city: City, device_id: str, said: messages.FrontMessage | messages.MessageReach
) -> bool:
    """The control room on duty all; the words also whoever is of the front, or coordinates it."""
    device = city.registry.devices[device_id]
    if device.role in (Role.OPERATOR, Role.SUPERVISOR):
        return city.presence.is_here(device_id) or _has_said(city, device_id, said)
    front = city.registry.fronts.get(said.front_id)
    is_coordinator = front is not None and front.coordinator_id == device.person_id
    is_member = device.front_id == said.front_id and device.role in (Role.APP, Role.BUTTON)
    is_told = is_member or (device.role is Role.APP and is_coordinator)
    return is_told and isinstance(said, messages.FrontMessage)


def _has_said(
    city: City, device_id: str, said: messages.FrontMessage | messages.MessageReach
) -> bool:
    message = city.messages.messages.get(said.message_id)
    return message is not None and message.sender_id == device_id


def _check_the_messages(city: City) -> None:
    """Each message will end, and no front has more than it may, but for what ends at once."""
    box: Any = city.messages
    by_front: dict[str, set[str]] = defaultdict(set)
    lasting: Counter[str] = Counter()
    for message in box.messages.values():
        by_front[message.front_id].add(message.message_id)
        lasting[message.front_id] += message.until_s > AT_ONCE_S
        assert box.deadlines.reminder_s(message.message_id) <= message.due_s
    assert {front_id: set(ids) for front_id, ids in box._of_front.items()} == by_front
    assert all(count <= MESSAGES_PER_FRONT_MAX for count in lasting.values())


def _check_the_kit(city: City) -> None:
    """Each device will be looked at again, and all that is wrong is counted once."""
    kit = city.kit
    by_kind: Counter[TroubleKind] = Counter()
    ids = set()
    for watched in kit.watched.values():
        assert kit.deadlines.reminder_s(watched.device_id) < math.inf, "nobody will look at it"
        by_kind.update(watched.troubles.keys())
        ids |= {trouble.trouble_id for trouble in watched.troubles.values()}
    assert +kit.open_by_kind == by_kind
    assert kit.open_count == by_kind.total() == len(ids)
    for trouble_id, view in kit.untold.items():
        assert (view.closed_at_ms is None) == (trouble_id in ids), "what is to be told is not so"
    assert (kit.tell_at_s is not None) == bool(kit.untold)


def _check_that_nothing_is_left_alone(city: City) -> None:
    for alert in city.board.open_alerts():
        if alert.push_at_s is not None:
            is_reminded = city.push_deadlines.reminder_s(alert.alert_id) <= alert.push_at_s
            assert is_reminded, f"nobody will be woken for {alert}"
        if alert.state is AlertState.ON_SCENE:
            continue
        due_s = alert.escalate_at_s if alert.owner is None else alert.owner.due_s
        assert due_s is not None, f"nothing will ever happen to {alert}"
        assert _is_reminded(city, alert.alert_id, due_s), f"nobody will look at {alert} in time"
        if alert.tell_at_s is not None:
            assert _is_reminded(city, alert.alert_id, alert.tell_at_s)


def _check_sirens(city: City) -> None:
    """What a siren may still be heard in is known, and its end is a fact."""
    live: dict[str, set[str]] = defaultdict(set)
    for alert in city.board.alerts.values():
        for siren_id, sounding in alert.sirens.items():
            if sounding.until_s is not None:
                live[siren_id].add(alert.alert_id)
            assert (sounding.answer_by_s is not None) == (sounding.state is SirenState.ASKED)
        if any(sounding.until_s is not None for sounding in alert.sirens.values()):
            due_s = alert.sirens_due_s
            assert due_s is not None, f"nobody will look at the sirens of {alert}"
            is_reminded = _is_front_reminded(city, alert.alert_id, due_s)
            assert is_reminded, f"nor in time at those of {alert}"
        if alert.front_at_s is not None:
            is_reminded = _is_front_reminded(city, alert.alert_id, alert.front_at_s)
            assert is_reminded, f"nobody will see to the front of {alert}"
    assert {siren_id: set(ids) for siren_id, ids in city.sounding.items()} == live


def _is_reminded(city: City, alert_id: str, due_s: float) -> bool:
    return city.deadlines.reminder_s(alert_id) <= due_s


def _is_front_reminded(city: City, alert_id: str, due_s: float) -> bool:
    return city.front_deadlines.reminder_s(alert_id) <= due_s


def _check_owners(city: City) -> None:
    for alert in city.board.open_alerts():
        owned = alert.state in (AlertState.ACCEPTED, AlertState.ON_SCENE)
        assert owned == (alert.owner is not None), f"{alert.state} by {alert.owner}"
        if alert.owner is not None:
            assert city.presence.is_on_duty(alert.owner.device_id), "the owner is off duty"


def _check_the_board(city: City) -> None:
    board = city.board
    by_signal: dict[str, str] = {}
    by_device: dict[str, dict[str, None]] = defaultdict(dict)
    by_quadrant: dict[str, set[str]] = defaultdict(set)
    open_count = 0
    for alert in board.alerts.values():
        by_signal |= dict.fromkeys(alert.presses, alert.alert_id)
        if not alert.is_open:
            continue
        open_count += 1
        assert len(set(alert.quadrants)) == len(alert.quadrants), "a quadrant is told twice"
        for device_id in alert.last_press_of:
            by_device[device_id][alert.alert_id] = None
        for quadrant in alert.quadrants:
            by_quadrant[quadrant].add(alert.alert_id)
        place = alert.place
        if place.lat is not None and place.lon is not None:
            assert alert in board.open_near(place.lat, place.lon)
    index: Any = board
    assert board.open_count == open_count
    assert index._by_signal == by_signal
    assert {key: set(ids) for key, ids in index._open_by_device.items()} == {
        key: set(ids) for key, ids in by_device.items()
    }
    assert {key: set(ids) for key, ids in index._open_by_quadrant.items()} == by_quadrant
    in_cells = [alert_id for cell in index._open_by_cell.values() for alert_id in cell]
    assert len(in_cells) == len(set(in_cells)) <= open_count
    assert len(index._closed) == len(board.alerts) - open_count
