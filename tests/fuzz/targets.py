"""What is fuzzed: the name on the command line, and its module."""

from types import MappingProxyType

TARGETS = MappingProxyType({"sia_dc09": "tests.fuzz.sia_dc09", "button": "tests.fuzz.button"})
CANARIES = MappingProxyType(
    {"raises": "tests.fuzz.canary_raises", "grows": "tests.fuzz.canary_grows"}
)
"""Each has one fault, which must be found: a fuzzer that finds nothing proves nothing."""
