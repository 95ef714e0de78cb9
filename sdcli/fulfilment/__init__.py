"""Procedures and standard changes: who may, how far a walk is, and how they do. Pure rules."""
