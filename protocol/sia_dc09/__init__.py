"""What alarm panels speak: ANSI/SIA DC-09, "Internet Protocol Event Reporting". No I/O, no clock.

The way of one frame:

    splitter.py    bytes of a TCP stream, or a datagram → frames
    frame.py       frame → header and body, length and CRC checked
    seal.py        body → clear text (AES-CBC)
    content.py     clear text → data, extended data, timestamp
    extended.py    extended data → position, texts
    timestamp.py   timestamp → seconds; is it within the window?
    events.py      data → events (SIA DC-03, Contact ID)
    codes.py       what each code means to us: two tables
    decode.py      all of that, as one list
    faults.py      what can be wrong with a frame, and what each fault is answered
    reply.py       ACK, NAK and DUH, written and read
    panel.py       what a panel writes
"""
