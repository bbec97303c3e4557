"""Sets of classes with guaranteed coverage."""
