"""One run of one rule, from reports to the next state. Pure: the instant and ids are arguments."""
