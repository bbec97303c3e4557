"""Networks that give each pixel a class, and the turns of a square, the boxes of patches."""
