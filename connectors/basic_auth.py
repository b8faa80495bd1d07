"""Basic authentication (RFC 7617)."""

import base64


def basic_authorization(user: str, password: str) -> str:
    """The value of the header ``Authorization``."""
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode('ascii')}"
