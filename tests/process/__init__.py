"""The whole process: led through it, from real desk life, and held against the guide."""
