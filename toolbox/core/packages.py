"""The names of our packages, in the order of the layers, written once."""

# Those with a table of public names.
PUBLIC = ("toolbox", "synthesis", "similarity", "confidence", "labelling")
SHIPPED = (*PUBLIC, "grainwise")
