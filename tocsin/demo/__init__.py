"""The demo: a web log with an incident, flights, sample rules, and a replay that shows what becomes of them."""
