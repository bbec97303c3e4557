"""When to stop asking: audits with a stated risk, and what they cost."""
