"""Whether probabilities mean what they say, and their correction."""
