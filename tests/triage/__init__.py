"""Triage: suggestions, priorities and decisions."""
