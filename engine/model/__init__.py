"""What is stored and exchanged: plain values without behaviour, clock or I/O."""
