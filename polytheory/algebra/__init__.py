"""Shared code of proofs: statements and their verification, and the model in SymPy."""
