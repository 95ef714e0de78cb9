"""New services and changes: what is let through, what is asked for, what was planned (R3c, R0.4)."""
