"""A kernel for each visitor, forked from a process that has everything imported."""
