"""Implementation of the store port: tables, transactions, migrations."""
