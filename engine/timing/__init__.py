"""Durations and, later, calendars: pure functions of the instants handed in."""
