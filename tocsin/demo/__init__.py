"""The demo: a web log with an incident, sample rules, and a replay that shows what the engine makes of them."""
