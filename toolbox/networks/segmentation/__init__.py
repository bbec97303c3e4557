"""Networks that give each pixel a class, what pixels hear of their neighbours, turns and boxes."""
