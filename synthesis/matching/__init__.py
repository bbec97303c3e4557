"""What synthesisers share: exemplars, canvas, exact values, L-BFGS."""
