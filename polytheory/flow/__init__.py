"""The simulator: integrates and trains the model without using any closed form."""
