"""The button datagram, for home-made hardware: `protocol/button.md` is its specification.

from protocol.button.message import decode_message   # bytes ↔ what they say
from protocol.button.link import ButtonLink          # one device as its receiver knows it
from protocol.button.signal_id import signal_id_of   # the name of a press, the same everywhere
"""
