"""What a network can memorise, and the gap that its capacity promises."""
