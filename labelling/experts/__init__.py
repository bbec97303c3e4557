"""Simulated experts, and campaigns that ask an expert until an audit stops them."""
