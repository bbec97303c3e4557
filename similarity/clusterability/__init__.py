"""Whether classes can be found without labels: limits and verdicts."""
