"""How long a test waits for what must happen: one bound for all of them.

It is no measure of how soon: the machine may be busy with other things, and a test that fails for
that says nothing. It only ends what would hang for ever.
"""

from typing import Final

PATIENCE_S: Final = 60.0
