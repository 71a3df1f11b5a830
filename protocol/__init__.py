"""The wire language of Cuadrante: messages, codec, session table, close codes. No I/O, no clock."""

SUBPROTOCOL = "cuadrante.v1"
"""The WebSocket subprotocol (RFC 6455, section 1.9) that client and server must agree on."""

PATH = "/v1"
"""Where on the server the WebSocket is."""

URGENT = "urgent"
"""The query of that path by which whoever presses or is called is let in before the others."""

MAX_FRAME_BYTES = 12 * 1024
"""The longest text frame either side may send, in bytes of UTF-8: room for an alert with its sirens
and pictures, and every name as long as it may be."""
