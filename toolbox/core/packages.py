"""The names of our packages, in the order of the layers, written once."""

PUBLIC = ("toolbox", "synthesis", "similarity", "confidence")  # those with a table of public names
SHIPPED = (*PUBLIC, "grainwise")
