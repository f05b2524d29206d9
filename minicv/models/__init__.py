"""Models, by task: one paper, one file."""
