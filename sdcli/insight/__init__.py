"""What the desk can learn from its tickets: figures, each with the tickets behind it."""
