"""What is computed: the members of a study, in this process."""
