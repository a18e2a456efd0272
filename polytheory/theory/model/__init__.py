"""The units: a claim about the model itself, without a public closed form."""
