"""Differentiable features in torch: steerable pyramid, VGG-19, random filters."""
