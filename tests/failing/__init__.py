"""What becomes of commands when the server of the ledger, or the way to it, fails."""
