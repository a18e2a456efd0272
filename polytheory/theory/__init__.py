"""Closed forms in NumPy and SciPy, written by hand, for people to call."""
