"""The AWS JSON 1.0 surface: requests in, answers out. Rules of operations are never here."""

from stepwell.api.app import Api, Dispatch, Exchange, make_app
from stepwell.api.server import HttpServer

__all__ = ["Api", "Dispatch", "Exchange", "HttpServer", "make_app"]
