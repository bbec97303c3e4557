"""Repeat a training from scratch: named random streams, members, engines."""
