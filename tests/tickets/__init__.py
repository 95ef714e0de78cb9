"""The heart: events, the fold, the lifecycle, the steps and the query."""
