"""A GAN as a member to be retrained, its samples, how reproducible its training is."""
