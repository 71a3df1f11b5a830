"""Frames as panels may write them, drawn by chance: right ones, with quirks, and broken ones."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from types import MappingProxyType

from siadc09 import dc03, dc05

from protocol.sia_dc09.events import CONTACT_ID, SIA
from protocol.sia_dc09.frame import Frame, write_frame
from protocol.sia_dc09.header import Header
from protocol.sia_dc09.seal import seal
from protocol.sia_dc09.timestamp import write_timestamp

NOW_S = 1_792_067_696
HEXADECIMAL = "0123456789ABCDEF"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz 0123456789.,-()"


@dataclass
class Draft:
    """What a frame is made of, before it is written."""

    chance: Random
    header: Header
    blocks: list[str]
    """The data, each but the first after a `|`."""
    extended: list[bytes] = field(default_factory=list)
    rest: bytes = b""
    timestamp: bytes | None = None
    key: bytes | None = None

    @property
    def account(self) -> str:
        return self.header.account

    def written(self) -> bytes:
        data = "|".join(self.blocks).encode("utf-8")
        fields = b"".join(b"[%b]" % each for each in self.extended)
        stamp = b"" if self.timestamp is None else b"_" + self.timestamp
        body = data + b"]" + fields + self.rest + stamp
        if self.key is not None:
            body = seal(body, self.key, self.chance.randbytes(16))
        return write_frame(Frame(self.header, body))


def draft(chance: Random) -> Draft:
    """Draw a message that is as the standard wants it."""
    id_token = chance.choice((SIA, SIA, CONTACT_ID, CONTACT_ID, "NULL"))
    key = chance.randbytes(chance.choice((16, 24, 32))) if chance.random() < 0.4 else None
    header = Header(
        id_token,
        sequence=chance.randrange(10_000),
        account=word(chance, HEXADECIMAL, 3, 16),
        prefix=chance.choice(("0", "00", word(chance, HEXADECIMAL, 1, 6))),
        receiver=chance.choice((None, "0", word(chance, HEXADECIMAL, 1, 6))),
        is_encrypted=key is not None,
    )
    blocks = [] if id_token == "NULL" else [f"#{header.account}"]
    if id_token == CONTACT_ID:
        blocks.append(contact_id(chance))
    elif id_token == SIA:
        blocks += [information(chance) for _ in range(chance.choice((1, 1, 2)))]
    drawn = Draft(chance, header, blocks, key=key)
    if id_token != "NULL" and chance.random() < 0.3:
        drawn.extended = [b"I" + text(chance).encode()]
    if key is not None or chance.random() < 0.5:
        drawn.timestamp = write_timestamp(NOW_S)
    return drawn


def contact_id(chance: Random) -> str:
    code = chance.choice("136") + chance.choice(sorted(dc05.EVENT))
    return f"{code} {chance.randrange(100):02} {chance.randrange(1000):03}"


def information(chance: Random) -> str:
    packets = [packet(chance) for _ in range(chance.randint(1, 3))]
    return chance.choice("NO") + "/".join(packets)


def packet(chance: Random) -> str:
    area = f"ri{chance.randrange(20)}/" if chance.random() < 0.3 else ""
    zone = word(chance, HEXADECIMAL, 0, 4)
    said = f"^{text(chance)}^" if chance.random() < 0.3 else ""
    return area + chance.choice(sorted(dc03.EVENT)) + zone + said


def text(chance: Random) -> str:
    return word(chance, LETTERS, 1, 20).strip() or "x"


def word(chance: Random, letters: str, shortest: int, longest: int) -> str:
    return "".join(chance.choices(letters, k=chance.randint(shortest, longest)))


# --- what is odd or wrong about some --------------------------------------------------------------
# Each changes a draft, or says that it does not apply to it.


def sia_block(block: str) -> Callable[[Draft], bool]:
    def change(drawn: Draft) -> bool:
        drawn.blocks[1:] = [block]
        return drawn.header.id_token == SIA

    return change


def contact_id_block(block: str) -> Callable[[Draft], bool]:
    def change(drawn: Draft) -> bool:
        drawn.blocks[1:] = [block]
        return drawn.header.id_token == CONTACT_ID

    return change


def account_without_number_sign(drawn: Draft) -> bool:
    drawn.blocks[:1] = [drawn.account]
    return drawn.header.id_token != "NULL"


def small_account(drawn: Draft) -> bool:
    drawn.header = replace(drawn.header, account=drawn.account.lower())
    return True


def empty_prefix(drawn: Draft) -> bool:
    drawn.header = replace(drawn.header, prefix="")
    return True


def empty_receiver(drawn: Draft) -> bool:
    drawn.header = replace(drawn.header, receiver="")
    return True


def unknown_id(drawn: Draft) -> bool:
    drawn.header = replace(drawn.header, id_token="SIA-S2K")
    return True


def bracket_in_a_text(drawn: Draft) -> bool:
    drawn.blocks.append("NPA1^Zone [1]^")
    return drawn.header.id_token == SIA


def text_in_windows_1252(drawn: Draft) -> bool:
    drawn.extended = ["ISeñor".encode("cp1252")]
    return drawn.header.id_token != "NULL"


def text_in_utf_8(drawn: Draft) -> bool:
    drawn.extended = ["ISeñor".encode()]
    return drawn.header.id_token != "NULL"


def text_in_a_link_test(drawn: Draft) -> bool:
    drawn.extended = [b"IHere"]
    return drawn.header.id_token == "NULL"


def rest_behind_the_data(drawn: Draft) -> bool:
    drawn.rest = b"junk"
    return drawn.key is None


def time_that_cannot_be_read(drawn: Draft) -> bool:
    drawn.timestamp = b"yesterday"
    return drawn.key is None


def no_time_in_an_encrypted_one(drawn: Draft) -> bool:
    drawn.timestamp = None
    return drawn.key is not None


def time_outside_the_window(drawn: Draft) -> bool:
    drawn.timestamp = write_timestamp(NOW_S - 3600)
    return drawn.key is not None


IN_DRAFTS = MappingProxyType(
    {
        "unknown_code": sia_block("NPA1/VA2"),
        "small_code": sia_block("Npa1"),
        "space_between_events": sia_block("NPA1/ FA2"),
        "name_in_quotes": sia_block("NBA01*'Door'NM"),
        "text_not_ascii": sia_block("NPA1^Señor^"),
        "text_without_end": sia_block("NPA1^Door/FA2"),
        "zone_with_a_colon": sia_block("NPA1:2"),
        "unreadable_block": sia_block("NPA1|%%"),
        "contact_id_with_more_spaces": contact_id_block("1 120 01  003"),
        "contact_id_with_four_digits": contact_id_block("1120 01 0003"),
        "two_contact_ids": contact_id_block("1120 01 003|1110 01 004"),
        "no_contact_id": contact_id_block("1120"),
        "account_without_number_sign": account_without_number_sign,
        "small_account": small_account,
        "empty_prefix": empty_prefix,
        "empty_receiver": empty_receiver,
        "unknown_id": unknown_id,
        "bracket_in_a_text": bracket_in_a_text,
        "text_in_windows_1252": text_in_windows_1252,
        "text_in_utf_8": text_in_utf_8,
        "text_in_a_link_test": text_in_a_link_test,
        "rest_behind_the_data": rest_behind_the_data,
        "time_that_cannot_be_read": time_that_cannot_be_read,
        "no_time_in_an_encrypted_one": no_time_in_an_encrypted_one,
        "time_outside_the_window": time_outside_the_window,
    }
)
IN_FRAMES: MappingProxyType[str, Callable[[bytes], bytes]] = MappingProxyType(
    {
        "small_crc": lambda raw: raw[:9].lower() + raw[9:],
        "binary_crc": lambda raw: b"\n" + bytes.fromhex(raw[1:5].decode()) + raw[5:],
        "nul_behind_cr": lambda raw: raw + b"\0",
        "wrong_crc": lambda raw: raw[:4] + (b"1" if raw[4:5] == b"0" else b"0") + raw[5:],
        "wrong_length": lambda raw: raw[:-1] + b"0\r",
        "cut_off": lambda raw: raw[: len(raw) // 2],
    }
)


@dataclass(frozen=True)
class Drawn:
    """A frame, what is odd about it, and what its receiver knows."""

    raw: bytes
    quirk: str
    account: str
    key: bytes | None


def random_frame(chance: Random) -> Drawn:
    """Draw a frame: two in three with one quirk."""
    while True:
        drawn = draft(chance)
        quirk = chance.choice(("", *IN_DRAFTS, *IN_FRAMES)) if chance.random() < 2 / 3 else ""
        if quirk in IN_DRAFTS and not IN_DRAFTS[quirk](drawn):
            continue
        raw = drawn.written()
        if quirk in IN_FRAMES:
            raw = IN_FRAMES[quirk](raw)
        return Drawn(raw, quirk, drawn.account.upper(), drawn.key)
