"""The HTTP API as commands use it: of a running daemon over the network, or on a store in this process."""
