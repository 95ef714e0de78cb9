"""The SLA clock: working time, targets, and what to say when time runs out."""
