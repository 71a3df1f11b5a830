"""What `server.py` can be asked: one file a subject, its options and its words.

What only one command needs is imported within it: the core is to dispatch within a second of its
start, and half of that is imports.
"""
