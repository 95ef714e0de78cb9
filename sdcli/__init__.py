"""A service desk for the command line, on a ledger of plain files."""

__version__ = "0.1.0"
