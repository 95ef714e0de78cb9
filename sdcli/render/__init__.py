"""Results to text, table or JSON. The only rooms that know formats."""
