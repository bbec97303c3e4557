"""Sets of textures whose laws are known, and their oracles."""
