"""One line that says which tickets: its grammar, what can be asked, and how a ticket is held to it."""
