"""The ledger: what is written is there, whole, whoever else writes or dies."""
