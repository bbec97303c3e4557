"""Figures on whether two textures are the same."""
