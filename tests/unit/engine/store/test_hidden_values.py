"""What is stored does not leak into errors."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from engine.store.connections import writer_engine


def test_the_error_of_a_statement_does_not_show_its_values(tmp_path: Path) -> None:
    engine = writer_engine(tmp_path / "store.db")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE kept (value TEXT UNIQUE)"))
        statement = text("INSERT INTO kept VALUES (:value)")
        connection.execute(statement, {"value": "a secret message"})
        with pytest.raises(IntegrityError) as error:
            connection.execute(statement, {"value": "a secret message"})
    engine.dispose()
    assert "a secret message" not in str(error.value)
    assert "INSERT INTO kept" in str(error.value)
