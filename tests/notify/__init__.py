"""Tests of the delivery of alerts."""
