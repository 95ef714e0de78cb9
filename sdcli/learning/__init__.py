"""What the desk learns from its closed tickets: proposals, and how sure they are."""
