"""The checksum of DC-09 frames."""

from typing import Final


def _entry(byte: int) -> int:
    for _ in range(8):
        byte = (byte >> 1) ^ (0xA001 if byte & 1 else 0)
    return byte


_TABLE: Final = tuple(_entry(byte) for byte in range(256))


def crc16(data: bytes) -> int:
    """Return the CRC-16/ARC of `data` (DC-07, appendix B): `123456789` gives 0xBB3D."""
    crc = 0
    for byte in data:
        crc = (crc >> 8) ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc
