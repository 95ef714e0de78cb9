"""What arrives on standard input: recognised, made into one kind of item, recorded once."""
