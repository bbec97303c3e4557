"""Simulated births whose events and outcome are known."""
