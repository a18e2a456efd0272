"""The units: a claim about the model itself, without a closed form that people call."""
