"""Where tickets rest. `interface` says what a home of the ledger can do; each home is a folder."""
