"""The embedded store: tables, transactions, migrations. `engine.store.sqlite.open_store` is the way in."""
