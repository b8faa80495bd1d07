"""What is read from files: rules and tocsin.yml, every finding with file, line and column."""
