"""Addresses are written behind everything else; whoever must say one again hears so."""

from dispatch.core.effects import DropPushAddress, KeepPushAddress
from dispatch.core.registry import Device
from dispatch.edge.bounds import KEEPING_ADDRESSES_MAX
from dispatch.edge.push_addresses import AddressBook
from dispatch.store.enrolment import issue_code
from dispatch.store.load import load_registry
from dispatch.store.pool import Pool, open_pool
from protocol.messages import Error, PushAddress, PushTarget
from protocol.vocabulary import ErrorCode, PushKind, Role
from tests.edge.town import on_uvloop, open_town

TARGET = PushTarget(PushKind.WEBPUSH, "https://push.example/1", "p" * 87, "a" * 22)
WANTED = KeepPushAddress("patrol-w", TARGET, 1_000, "r")
NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


async def known(pool: Pool) -> tuple[PushTarget, ...]:
    (device,) = (await load_registry(pool)).things
    assert isinstance(device, Device)
    return device.push


@on_uvloop
async def test_an_address_is_kept_and_dropped_again(dsn: str) -> None:
    async with open_pool(dsn) as pool, open_town() as town:
        await issue_code(pool, Device("patrol-w", Role.PATROL, "W", quadrant="W"))
        book = AddressBook(pool)
        book.start(WANTED, town.outbox)
        await town.until(lambda: not book._tasks)
        assert await known(pool) == (TARGET,)
        book.start(DropPushAddress("patrol-w", TARGET.endpoint), town.outbox)
        await town.until(lambda: not book._tasks)
        assert await known(pool) == ()


@on_uvloop
async def test_without_a_store_the_device_is_told_to_say_it_again() -> None:
    async with (
        open_pool(NOWHERE) as pool,
        open_town() as town,
        town.peer("patrol-w", on_duty=True) as peer,
    ):
        AddressBook(pool).start(WANTED, town.outbox)
        error = await peer.hear_a(Error)
        assert (error.code, error.about, error.ref) == (
            ErrorCode.UNAVAILABLE,
            "push_address",
            "r",
        )


@on_uvloop
async def test_so_many_at_once_and_no_more() -> None:
    async with (
        open_pool(NOWHERE) as pool,
        open_town() as town,
        town.peer("patrol-w", on_duty=True) as peer,
    ):
        book = AddressBook(pool)
        for _ in range(KEEPING_ADDRESSES_MAX):
            book.start(DropPushAddress("patrol-w", TARGET.endpoint), town.outbox)
        book.start(WANTED, town.outbox)
        assert (await peer.hear_a(Error)).code is ErrorCode.UNAVAILABLE
        await town.until(lambda: not book._tasks)
        assert not town.health.has_bug


@on_uvloop
async def test_what_a_handheld_says_comes_to_be_written() -> None:
    async with open_town() as town, town.peer("patrol-w", on_duty=True) as peer:
        await peer.say(
            PushAddress(TARGET.kind, TARGET.endpoint, TARGET.p256dh, TARGET.auth, ref="r")
        )
        await peer.is_served()
        (wanted,) = town.addresses
        assert isinstance(wanted, KeepPushAddress)
        assert (wanted.device_id, wanted.target, wanted.ref) == ("patrol-w", TARGET, "r")
