"""Passwords in the text of tools, libraries and exceptions: removed before it is shown or logged."""

from __future__ import annotations

import re

_URL_SECRET = re.compile(r"(\w+://)[^\s/]*@")  # to the last @: a password may hold one
_QUERY_SECRET = re.compile(r"([?&](?:user|usr|username|password|passwd|pwd|token)=)[^&\s]*", re.IGNORECASE)


def without_secrets(text: str) -> str:
    """Text of a tool with the credentials of any URL removed (ffmpeg prints the URL with its password)."""
    return _QUERY_SECRET.sub(r"\1", _URL_SECRET.sub(r"\1", text))
