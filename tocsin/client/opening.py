"""The API of the place at which a command acts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tocsin.client.api import Api
from tocsin.client.place import Place, StorePlace


@asynccontextmanager
async def open_api(place: Place) -> AsyncIterator[Api]:
    """The API there; closed again at the end. Only what the place needs is loaded."""
    if isinstance(place, StorePlace):
        from tocsin.client.stored import open_stored

        async with open_stored(place) as stored:
            yield stored
    else:
        from tocsin.client.remote import open_remote

        async with open_remote(place) as remote:
            yield remote
