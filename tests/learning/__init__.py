"""Tests of what the desk learns from its closed tickets."""
