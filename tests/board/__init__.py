"""The live desk in a terminal, and the list that is watched."""
