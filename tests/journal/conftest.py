from tests.journal.samples import path

__all__ = ["path"]
