from dataclasses import replace

from dispatch.core.effects import DropPushAddress, KeepPushAddress
from dispatch.core.facts import OFF_DUTY, FactKind
from dispatch.core.push_addresses import restored
from dispatch.core.registry import Device
from protocol.messages import ApnsAddress, FcmAddress, PushAddress, PushGone, PushTarget
from protocol.vocabulary import ErrorCode, PushKind, Role
from tests.core.town import Town, residents

ADDRESS = PushAddress(PushKind.WEBPUSH, "https://push.example/1", "p" * 87, "a" * 22, ref="r")
TARGET = PushTarget(PushKind.WEBPUSH, "https://push.example/1", "p" * 87, "a" * 22)
OTHER = PushTarget(PushKind.WEBPUSH, "https://push.example/2", "q" * 87, "b" * 22)


def patrol(*targets: PushTarget) -> Device:
    return Device("patrol-1", Role.PATROL, "Patrol-1", quadrant="B2", push=targets)


def known(town: Town) -> tuple[PushTarget, ...]:
    return town.city.registry.devices["patrol-1"].push


def test_an_address_is_kept_and_comes_back_by_the_feed_and_the_same_again_is_nothing():
    town = Town()
    town.connect("patrol-1")
    town.say("patrol-1", ADDRESS)
    assert town.addresses == [KeepPushAddress("patrol-1", TARGET, town.now.wall_ms, "r")]
    town.handle(patrol(TARGET))
    town.say("patrol-1", ADDRESS)
    assert len(town.addresses) == 1
    town.say("patrol-1", replace_endpoint(ADDRESS, OTHER.endpoint))
    assert len(town.addresses) == 2


def test_the_app_on_a_telephone_says_its_token_and_which_app_it_is():
    town = Town([*residents(), patrol()])
    town.connect("patrol-1")
    town.say("patrol-1", ApnsAddress("0f" * 32, "co.example.patrulla"))
    town.say("patrol-1", FcmAddress("token:" + "a" * 32))
    assert [each.target for each in town.addresses] == [
        PushTarget(PushKind.APNS, "0f" * 32, topic="co.example.patrulla"),
        PushTarget(PushKind.FCM, "token:" + "a" * 32),
    ]


def replace_endpoint(address: PushAddress, endpoint: str) -> PushAddress:
    return PushAddress(address.kind, endpoint, address.p256dh, address.auth)


def test_a_neighbours_app_is_never_on_duty_and_may_be_woken_all_the_same():
    town = Town([*residents()])
    town.connect("ana")
    town.say("ana", ADDRESS)
    assert [each.target for each in town.addresses] == [TARGET]
    after = Town([*residents(), replace(town.city.registry.devices["ana"], push=(TARGET,))])
    restored(after.city)
    assert not after.city.presence.is_on_duty("ana")


def test_whoever_went_off_duty_stays_so_though_only_the_journal_knows():
    town = Town([*residents(), patrol(TARGET)])
    town.dispatcher.restore([], frozenset({"patrol-1", "nobody"}))
    assert not town.city.presence.is_on_duty("patrol-1")
    assert known(town) == ()


def test_off_duty_nobody_can_be_woken_and_so_names_no_address():
    town = Town()
    town.connect("patrol-1", on_duty=False)
    town.say("patrol-1", ADDRESS)
    assert town.errors("patrol-1") == [ErrorCode.OFF_DUTY]
    assert not town.addresses


def test_going_off_duty_withdraws_every_address_and_is_on_record_for_the_store():
    town = Town()
    town.connect("patrol-1")
    town.handle(patrol(TARGET, OTHER))
    town.duty("patrol-1", on_duty=False)
    assert known(town) == ()
    assert town.reasons(FactKind.DUTY)[-1] == OFF_DUTY
    kept = [entry for line in town.lines for entry in line.entries if entry.kind == FactKind.DUTY]
    assert (kept[-1].reason, kept[-1].device_id) == (OFF_DUTY, "patrol-1")


def test_an_address_that_is_gone_is_forgotten_once():
    town = Town([*residents(), Device("push", Role.PUSH, "Push")])
    town.connect("push", "patrol-1")
    town.handle(patrol(TARGET, OTHER))
    for _ in range(2):
        town.say("push", PushGone("patrol-1", TARGET.endpoint))
    town.say("push", PushGone("nobody", TARGET.endpoint))
    assert known(town) == (OTHER,)
    assert town.addresses == [DropPushAddress("patrol-1", TARGET.endpoint)]


def test_after_a_restart_whoever_has_an_address_is_on_duty_until_it_says_otherwise():
    asleep = replace(patrol(TARGET), device_id="patrol-9")
    town = Town([patrol(TARGET), asleep])
    town.dispatcher.restore([])
    assert town.city.presence.is_on_duty("patrol-1")
    town.connect("patrol-1", on_duty=False)
    assert not town.city.presence.is_on_duty("patrol-1")
    assert known(town) == ()
    assert town.city.presence.is_on_duty("patrol-9")
