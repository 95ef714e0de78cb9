"""Histories of real tools, replayed and counted again without this program."""
