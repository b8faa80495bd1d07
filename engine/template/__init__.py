"""Mustache templates of action parameters: compiled once per rule revision, rendered as data only."""
