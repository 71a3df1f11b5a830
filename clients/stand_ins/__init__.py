"""Stand-ins for the hardware of a kit: real HTTP servers that behave as cameras and relays do.

    python -m clients.stand_ins camera --name "Cámara 1"     # Digest, a picture with the time on it
    python -m clients.stand_ins camera --behaves hanging     # … or one that is broken
    python -m clients.stand_ins relay                        # a Shelly Gen2 relay with a siren

For the demo, the tests, and for trying a gateway without a ladder.
"""
