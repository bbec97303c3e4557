"""Families of features, by which two textures are compared."""
