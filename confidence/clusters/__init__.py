"""How stable clusters, and each subject's place in them, are under resampling."""
