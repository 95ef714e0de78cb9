"""The desk's files: strict reading, references, the cache and the starter."""
