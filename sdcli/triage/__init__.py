"""What kind of request it is, which service it concerns, and how much it matters."""
