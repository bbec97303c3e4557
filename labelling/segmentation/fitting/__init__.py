"""Fitting one member on what is known of its images: in steps (torch), or in closed form."""

TURNS = 15  # in which a model in closed form weighs pixels that are not told
