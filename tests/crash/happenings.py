"""What others wait for: each thing that happens wakes whoever waits at that moment."""

import asyncio


class Happenings:
    """Something that happens again and again."""

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[None]] = []

    def happen(self) -> None:
        for future in self._waiting:
            if not future.done():
                future.set_result(None)
        self._waiting.clear()

    async def next(self) -> None:
        """Wait until it happens the next time."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        await future
