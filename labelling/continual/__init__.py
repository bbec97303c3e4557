"""Answers that come late, corrected, as rewards or never: exact learning, and what is forgotten."""
