"""Which description and proximity of the items needs the fewest labels."""
