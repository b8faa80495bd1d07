"""The HTTP API (rest-api.md): one module a resource, each a thin face of `engine.operations`."""
