"""How credentials are spelled in a request."""

import base64


def basic(username: str, password: str) -> dict[str, str]:
    """The header of a user's name and password."""
    text = base64.b64encode(f"{username}:{password}".encode()).decode()
    return {"Authorization": f"Basic {text}"}


def api_key(name: str, value: str) -> dict[str, str]:
    """The header that carries an API key."""
    return {name: value}


def bearer(token: str) -> dict[str, str]:
    """The header that carries a token."""
    return {"Authorization": f"Bearer {token}"}
