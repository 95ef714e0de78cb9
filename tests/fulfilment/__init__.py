"""Tests of procedures, standard changes, approvals and programs."""
