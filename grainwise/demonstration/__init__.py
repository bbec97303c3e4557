"""Demonstrations for the public: one file that any browser opens, without a network."""
