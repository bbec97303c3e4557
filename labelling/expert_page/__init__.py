"""A page in the browser on which experts answer, with the keyboard alone."""
