"""A home of the ledger for many machines: a schema of its own in a PostgreSQL database."""
