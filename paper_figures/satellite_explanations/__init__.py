"""What networks for satellite series say of their answers, and how sure it is."""
