"""Bringing alerts to people: apart from deciding on them, by routes, until each has arrived."""
