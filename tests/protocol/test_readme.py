"""The specification that people read says what the code does."""

import builtins
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import orjson
import pytest
from jsonschema import Draft7Validator
from websockets.sync.server import ServerConnection, serve
from websockets.typing import Subprotocol

import protocol
from dispatch.core.authorise import MAY_SAY
from protocol import MAX_FRAME_BYTES, PATH, SUBPROTOCOL
from protocol.codec import decode_client, decode_server, encode
from protocol.messages import (
    Alert,
    AnyServerMessage,
    Enrol,
    Error,
    Hello,
    Receipt,
    Signal,
    Welcome,
)
from protocol.schema import document
from protocol.session import ALLOWED, SessionEvent, SessionState, advance
from protocol.vocabulary import Blame, Role, Stage, Verdict

README = Path(protocol.__file__).with_name("README.md").read_text()
DOCUMENT = document()


# --- tables -------------------------------------------------------------------------------------


def table(*rows: tuple[str, ...]) -> str:
    """Write rows as Markdown; the first one is the heading."""
    heading, *body = rows
    lines = [heading, tuple("---" for _ in heading), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def session_table() -> str:
    session = DOCUMENT["x-session"]
    steps = {(each["from"], each["event"]): each["to"] for each in session["transitions"]}
    return table(
        ("state", "a client may send", *SessionEvent),
        *(
            (
                f"`{name}`",
                ", ".join(f"`{type_}`" for type_ in state["client_may_send"]) or "nothing",
                *(
                    f"`{steps[name, event]}`" if (name, event) in steps else ""
                    for event in SessionEvent
                ),
            )
            for name, state in session["states"].items()
        ),
    )


def roles_table() -> str:
    def said(role: Role) -> str:
        tags = [each["name"] for each in DOCUMENT["components"]["messages"].values()]
        spoken = {struct.__struct_config__.tag for struct in MAY_SAY[role]}
        return ", ".join(f"`{tag}`" for tag in tags if tag in spoken)

    return table(("role", "may send"), *((f"`{role}`", said(role)) for role in Role))


def blames_table() -> str:
    return table(
        ("blame", "whose fault, and what to do"),
        *((f"`{name}`", said) for name, said in DOCUMENT["x-error-codes"]["blames"].items()),
    )


def errors_table() -> str:
    codes = sorted(
        DOCUMENT["x-error-codes"]["codes"], key=lambda each: list(Blame).index(each["blame"])
    )
    return table(
        ("code", "blame", "why"),
        *((f"`{each['code']}`", f"`{each['blame']}`", each["description"]) for each in codes),
    )


def close_codes_table() -> str:
    return table(
        ("code", "name", "reconnect", "why"),
        *(
            (
                str(each["code"]),
                f"`{each['name']}`",
                "yes" if each["may_reconnect"] else "no",
                each["description"],
            )
            for each in DOCUMENT["x-close-codes"]
        ),
    )


def limits_table() -> str:
    return table(
        ("limit", "value", "meaning"),
        *(
            (f"`{name}`", f"{each['value']:g}", each["description"])
            for name, each in DOCUMENT["x-limits"].items()
        ),
    )


TABLES: dict[str, Callable[[], str]] = {
    "session": session_table,
    "roles": roles_table,
    "blames": blames_table,
    "errors": errors_table,
    "closes": close_codes_table,
    "limits": limits_table,
}


@pytest.mark.parametrize("name", TABLES)
def test_table_is_what_the_code_says(name: str) -> None:
    expected = TABLES[name]()
    assert expected in README, f"put this into protocol/README.md:\n\n{expected}"


@pytest.mark.parametrize("word", [*Stage, *sorted(set(Verdict) - {Verdict.RETRANSMISSION})])
def test_every_word_of_a_receipt_has_its_row(word: str) -> None:
    assert f"\n| `{word}` |" in README


def test_what_is_said_in_words_agrees_with_the_code() -> None:
    assert f"`{SUBPROTOCOL}`" in README
    assert f"`{PATH}`" in README
    assert f"{MAX_FRAME_BYTES:,} bytes" in README


# --- the worked conversation --------------------------------------------------------------------


class Line(NamedTuple):
    """A frame of the conversation: whose connection it is on, which way it goes."""

    device: str
    arrow: str
    frame: str

    def __str__(self) -> str:
        return f"{self.device} {self.arrow} {self.frame[:40]}"


def conversation() -> list[Line]:
    blocks = re.findall(r"```json (\w+)\n(.*?)```", README, re.DOTALL)
    return [
        Line(device, arrow, frame)
        for device, block in blocks
        for arrow, frame in re.findall(
            r"^([→←]) (.*?)(?=\n[→←]|\Z)", block, re.DOTALL | re.MULTILINE
        )
    ]


LINES = conversation()


def test_the_conversation_was_found() -> None:
    assert README.count("\n→ ") + README.count("\n← ") == len(LINES)
    assert {line.device for line in LINES} == {"app", "patrol"}


@pytest.mark.parametrize("line", LINES, ids=str)
def test_every_frame_is_one(line: Line) -> None:
    frame = orjson.loads(line.frame)
    assert frame.keys() <= schema_of(frame)["properties"].keys(), "no field that does not exist"
    assert len(orjson.dumps(frame)) <= MAX_FRAME_BYTES
    if line.arrow == "←":
        message = decode_server(line.frame)
        assert orjson.dumps(frame, option=orjson.OPT_SORT_KEYS) == as_sent(message)
        return
    decoded = decode_client(line.frame)
    assert decoded.message is not None
    assert (decoded.fault is None) is is_valid(frame)


def schema_of(frame: dict[str, Any]) -> dict[str, Any]:
    name = DOCUMENT["components"]["messages"][frame["type"]]["title"]
    schema: dict[str, Any] = DOCUMENT["components"]["schemas"][name]
    return schema


def is_valid(frame: dict[str, Any]) -> bool:
    whole = {**schema_of(frame), "components": DOCUMENT["components"]}
    return bool(Draft7Validator(whole).is_valid(frame))


def as_sent(message: AnyServerMessage) -> bytes:
    return orjson.dumps(orjson.loads(encode(message)), option=orjson.OPT_SORT_KEYS)


def test_only_the_broken_press_is_faulty() -> None:
    sent = [line.frame for line in LINES if line.arrow == "→"]
    faults = [fault for frame in sent if (fault := decode_client(frame).fault)]
    errors = [m for m in heard("app") + heard("patrol") if isinstance(m, Error)]

    assert [(each.code, each.field, each.about, each.ref) for each in faults] == [
        (each.code, each.field, each.about, each.ref) for each in errors
    ]


@pytest.mark.parametrize("device", ["app", "patrol"])
def test_every_frame_may_be_sent_when_it_is(device: str) -> None:
    state = SessionState.OPENED
    for line in (line for line in LINES if line.device == device):
        if line.arrow == "←":
            if isinstance(decode_server(line.frame), Welcome):
                state = advance(state, SessionEvent.GREET)
            continue
        message = decode_client(line.frame).message
        if isinstance(message, Hello):
            state = SessionState.OPENED  # a new connection
        assert type(message) in ALLOWED[state]


@pytest.mark.parametrize(("device", "kind"), [("app", Receipt), ("patrol", Alert)])
def test_versions_never_go_back(device: str, kind: type[Receipt | Alert]) -> None:
    versions: dict[str, list[int]] = {}
    for message in heard(device):
        if isinstance(message, kind):
            versions.setdefault(message.alert_id, []).append(message.version)

    assert versions
    assert all(each == sorted(each) for each in versions.values())


def test_an_alert_has_the_id_and_time_of_its_press() -> None:
    for line in LINES:
        message = decode_client(line.frame).message if line.arrow == "→" else None
        if isinstance(message, Signal):
            assert UUID(message.signal_id).int >> 80 == message.pressed_at_ms
    receipts = [message for message in heard("app") if isinstance(message, Receipt)]
    assert all(receipt.alert_id == receipt.signal_id for receipt in receipts)


def heard(device: str) -> list[AnyServerMessage]:
    return [
        decode_server(line.frame) for line in LINES if line.device == device and line.arrow == "←"
    ]


# --- by hand ------------------------------------------------------------------------------------


def test_the_python_program_works(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    program = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert program is not None
    said: list[Any] = []

    def answer(connection: ServerConnection) -> None:
        assert connection.subprotocol == SUBPROTOCOL
        assert connection.request is not None
        assert connection.request.path == PATH
        for _ in range(3):
            decoded = decode_client(connection.recv())
            said.append(decoded.message)
            assert decoded.fault is None
            for frame in replies.get(type(decoded.message), ()):
                connection.send(frame)

    replies: dict[Any, list[str]] = {
        Enrol: [line.frame for line in LINES if '"enrolled"' in line.frame],
        Signal: [next(line.frame for line in LINES if '"receipt"' in line.frame)],
    }
    monkeypatch.setattr(builtins, "input", lambda _: "7K3M-Q9XT-2WBD")
    with serve(answer, "127.0.0.1", 0, subprotocols=[Subprotocol(SUBPROTOCOL)]) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            port = server.socket.getsockname()[1]
            source = program.group(1).replace(":7310/", f":{port}/")
            exec(compile(source, "protocol/README.md", "exec"), {})  # noqa: S102
        finally:
            server.shutdown()
            thread.join(10)

    assert [type(message) for message in said] == [Enrol, Hello, Signal]
    assert '"receipt"' in capsys.readouterr().out
