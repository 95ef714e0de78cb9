"""The heart: what a ticket is. Events, the fold, the lifecycle and the steps; nothing else."""
