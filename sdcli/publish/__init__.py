"""Pages for callers: the self-help site, made of plain values, and its way onto a disk."""
