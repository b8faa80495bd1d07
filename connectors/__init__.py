"""The built-in connectors, one package a family. They import only the engine's ports, model, query and timing."""
