"""The ledger as a TinyDB document in one file, safe with many processes."""
