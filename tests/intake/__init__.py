"""Intake: what arrives is recognised, recorded once, and never lost."""
