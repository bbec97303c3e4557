"""Which items to ask an expert about next, and what each answer costs."""
