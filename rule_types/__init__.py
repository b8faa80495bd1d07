"""The built-in rule types, one package each. They import only the engine's ports, model, query and timing."""
