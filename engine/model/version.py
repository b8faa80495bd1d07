"""The engine's version, as documents and clients see it."""

ENGINE_VERSION = "0.1.0"
