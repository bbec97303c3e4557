"""What an expert's answers cost: which are asked for, and what they settle."""
