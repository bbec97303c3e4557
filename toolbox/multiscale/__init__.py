"""What is computed at each scale: coefficients, leaders, descriptions, phase harmonics."""
