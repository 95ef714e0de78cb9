"""Tests of the figures that the desk learns from."""
