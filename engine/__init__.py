"""The engine: it knows no rule type and no connector, only the ports they implement."""
