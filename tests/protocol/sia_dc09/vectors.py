"""Messages of real panels and of other implementations, whose length and CRC were checked."""

from dataclasses import dataclass

KEY = bytes.fromhex("0123456789ABCDEF0123456789ABCDEF")
OTHER_KEY = b"AAAAAAAAAAAAAAAA"


@dataclass(frozen=True)
class Vector:
    """A message as it was seen, with what it takes to read and to write it."""

    text: str
    data: bytes = b""
    extended: tuple[bytes, ...] = ()
    timestamp: bytes | None = None
    key: bytes | None = None
    pad: bytes = b""

    @property
    def frame(self) -> bytes:
        return b"\n" + self.text.encode() + b"\r"


MESSAGES = [
    Vector('9EC40027"ADM-CID"0001L0#1002[#1002|1602 00 001]', b"#1002|1602 00 001"),
    Vector('CE110032"SIA-DCS"9876R579BDFL789ABC#12345A[#12345A|NFA129]', b"#12345A|NFA129"),
    Vector(
        '87CD0037"ADM-CID"9876R579BDFL789ABC#12345A[#12345A|1110 00 129]', b"#12345A|1110 00 129"
    ),
    Vector(
        'DC530046"SIA-DCS"9876R579BDFL789ABC#12345A[#12345A|NFA129]_13:14:15,02-15-2006',
        b"#12345A|NFA129",
        timestamp=b"13:14:15,02-15-2006",
    ),
    Vector(
        '8C860043"SIA-DCS"9876R579BDFL789ABC#123456A[#123456A|NFA129][M1234567890AB]',
        b"#123456A|NFA129",
        (b"M1234567890AB",),
    ),
    Vector('B0970029"NULL"0000L000#0809[]_21:00:01,02-20-2024', timestamp=b"21:00:01,02-20-2024"),
    Vector('F4D20029"SIA-DCS"0001RF3L77#1234[#1234|NRR|Atest]', b"#1234|NRR|Atest"),
    Vector(
        '5B09005B"SIA-DCS"0004L0#1111[#1111|Nri1/PA501][X006E07.7777777][Y49N06.6666666]'
        "_20:45:46,04-22-2021",
        b"#1111|Nri1/PA501",
        (b"X006E07.7777777", b"Y49N06.6666666"),
        b"20:45:46,04-22-2021",
    ),
    Vector(
        '17ED003D"ADM-CID"0042R1L0#1234[#1234|1120 01 003]_12:34:56,10-15-2026',
        b"#1234|1120 01 003",
        timestamp=b"12:34:56,10-15-2026",
    ),
    Vector(
        '34E4003A"SIA-DCS"0044L0#1234[#1234|Nri1/PA003]_12:34:58,10-15-2026',
        b"#1234|Nri1/PA003",
        timestamp=b"12:34:58,10-15-2026",
    ),
    Vector(
        'BB86002C"NULL"0001L#7303658550[]_15:39:38,06-07-2019', timestamp=b"15:39:38,06-07-2019"
    ),
    Vector(
        '5DA90078"*ADM-CID"0042R1L0#1234['
        "436F625780EA503A97791BC66BBD1B01E9EE83E587CF4B78A8D8858D2A3BDA7F"
        "50805769561BB18CCAEDC7012D765E1D",
        b"#1234|1120 01 003",
        timestamp=b"12:34:56,10-15-2026",
        key=KEY,
        pad=b"P" * 16,
    ),
    Vector(
        '76D80055"*NULL"0000R0L0#AAAB['
        "B4BC8B40D0E6D959D6BEA78E88CC0B2155741A3C44FBB96D476A3E557CAD64D9",
        timestamp=b"18:24:52,07-05-2020",
        key=OTHER_KEY,
        pad=b"p" * 16,
    ),
]
ACK = Vector('9EBC0014"ACK"0042R1L0#1234[]')
DUH = Vector('EE640014"DUH"0042R1L0#1234[]')
NAK = Vector('3C830025"NAK"0000R0L0A0[]_16:09:09,04-14-2015', timestamp=b"16:09:09,04-14-2015")
