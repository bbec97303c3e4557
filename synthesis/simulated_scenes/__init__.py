"""Scenes made of textures, of which the class of every pixel is known exactly."""
