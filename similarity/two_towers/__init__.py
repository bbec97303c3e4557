"""Images and texts in one space: trained from scratch or loaded, answers without labels."""
