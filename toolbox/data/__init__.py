"""Loading, cropping and splitting of items; photographs; records kept in files."""
