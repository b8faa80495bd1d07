"""The HTTP client of connectors, made when the first request is sent: most commands send none, and it loads slowly."""

from engine.model.settings import HttpSettings
from engine.ports.http import HttpClient, HttpRequest, HttpResponse


class LazyHttpClient:
    """An `engine.ports.http.HttpClient` that stands for the real one."""

    def __init__(self, settings: HttpSettings) -> None:
        self._settings = settings
        self._client: HttpClient | None = None

    async def send(self, request: HttpRequest) -> HttpResponse:
        """See the port."""
        if self._client is None:
            from engine.service.http_client import AiohttpClient

            self._client = AiohttpClient(self._settings)
        return await self._client.send(request)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()
