"""What proofs share: statements and when they hold, the model's loss and flow in SymPy."""
