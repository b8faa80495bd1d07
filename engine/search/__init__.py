"""Implementations of the search port."""
