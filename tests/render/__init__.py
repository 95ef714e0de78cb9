"""Tests of the rooms that know formats."""
