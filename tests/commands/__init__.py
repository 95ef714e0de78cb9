"""Commands as a person or a script uses them."""
