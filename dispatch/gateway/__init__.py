"""The gateway: alarm panels and buttons on the wall, as an ordinary client of the core (trio).

The way of a panel's press:

    port.py        bytes of a connection, or a datagram → frames
    panels.py      frame → message (protocol/sia_dc09); whose is it?
    reports.py     message → signals and conditions, followed until the core has them
    resends.py     is it a new event, or one that was heard before?
    calls.py       signals, sent until they are stored
    core_link.py   one authenticated link to the core (link/)
"""
