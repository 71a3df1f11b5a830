"""A code is traded for a token, which is stored before it is told."""

from dispatch.core.credentials import digest
from dispatch.core.effects import IssueToken
from dispatch.core.registry import Device
from dispatch.edge.bounds import ISSUING_TOKENS_MAX
from dispatch.edge.tokens import TOKEN_BYTES, TokenIssuer
from dispatch.store.enrolment import issue_code
from dispatch.store.load import load_registry
from dispatch.store.pool import open_pool
from protocol.messages import Enrolled, Error
from protocol.vocabulary import ErrorCode, Role
from tests.edge.town import on_uvloop, open_town

APP = Device("ana", Role.APP, "Ana")


@on_uvloop
async def test_a_token_is_stored_as_a_digest_before_it_is_told(dsn: str) -> None:
    async with open_pool(dsn) as pool, open_town() as town, town.peer() as peer:
        await issue_code(pool, APP)
        issuer = TokenIssuer(pool)
        (session_id,) = town.outbox.connections
        issuer.start(IssueToken(session_id, "ana"), APP, town.outbox)
        enrolled = await peer.hear_a(Enrolled)
        (stored,) = (await load_registry(pool)).things
        assert isinstance(stored, Device)
        assert stored.token_hash == digest(enrolled.token)
        assert len(enrolled.token) * 6 >= TOKEN_BYTES * 8
        await peer.greet("ana", token=enrolled.token)


@on_uvloop
async def test_each_token_is_another(dsn: str) -> None:
    async with open_pool(dsn) as pool, open_town() as town, town.peer() as peer:
        await issue_code(pool, APP)
        issuer = TokenIssuer(pool)
        (session_id,) = town.outbox.connections
        tokens = set()
        for _ in range(5):
            issuer.start(IssueToken(session_id, "ana"), APP, town.outbox)
            tokens.add((await peer.hear_a(Enrolled)).token)
        assert len(tokens) == 5


@on_uvloop
async def test_without_a_code_in_the_store_it_is_refused(dsn: str) -> None:
    async with open_pool(dsn) as pool, open_town() as town, town.peer() as peer:
        (session_id,) = town.outbox.connections
        TokenIssuer(pool).start(IssueToken(session_id, "ana"), APP, town.outbox)
        assert (await peer.hear_a(Error)).code is ErrorCode.ENROLMENT_REFUSED


@on_uvloop
async def test_without_a_store_it_is_unavailable() -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/none"
    async with open_pool(nowhere) as pool, open_town() as town, town.peer() as peer:
        (session_id,) = town.outbox.connections
        TokenIssuer(pool).start(IssueToken(session_id, "ana"), APP, town.outbox)
        assert (await peer.hear_a(Error)).code is ErrorCode.UNAVAILABLE


@on_uvloop
async def test_so_many_at_once_and_no_more(dsn: str) -> None:
    async with open_pool(dsn) as pool, open_town() as town, town.peer() as peer:
        await issue_code(pool, APP)
        issuer = TokenIssuer(pool)
        (session_id,) = town.outbox.connections
        for _ in range(ISSUING_TOKENS_MAX + 3):
            issuer.start(IssueToken(session_id, "ana"), APP, town.outbox)
        answers = [await peer.hear() for _ in range(ISSUING_TOKENS_MAX + 3)]
        refused = [answer for answer in answers if isinstance(answer, Error)]
        assert [answer.code for answer in refused] == [ErrorCode.UNAVAILABLE] * 3


@on_uvloop
async def test_who_hung_up_meanwhile_costs_nothing(dsn: str) -> None:
    async with open_pool(dsn) as pool, open_town() as town:
        await issue_code(pool, APP)
        async with town.peer():
            (session_id,) = town.outbox.connections
            issuer = TokenIssuer(pool)
            issuer.start(IssueToken(session_id, "ana"), APP, town.outbox)
        await town.until(lambda: not issuer._tasks)
        assert not town.health.has_bug
