"""Tests of working time, of the clocks, and of what is said when time runs out."""
