"""The simulator: it knows the model and nothing of the answers."""
