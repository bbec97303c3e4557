"""Networks that give each pixel a class, and the turns and mirrors of a square."""
