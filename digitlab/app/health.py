"""How the server is: for the machines that watch over it, and for the log."""

import functools
import time
from http import HTTPStatus

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, exposition
from tornado import web

from digitlab.app.log import LOG

_MOST_ASKED = 10_000  # questions under way; those that never get an answer are forgotten

_SECONDS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2, 5)


class Events:
    """Counts what happens, and writes a line of log for each event, about nobody in person.

    Attributes
    ----------
    registry : prometheus_client.CollectorRegistry
        The figures.
    visitors, connected, kernels : prometheus_client.Gauge
        Those that whoever knows sets: see `digitlab.app.visits.Visits`.
    """

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        gauge = functools.partial(Gauge, registry=registry)
        counter = functools.partial(Counter, registry=registry)
        histogram = functools.partial(Histogram, registry=registry, buckets=_SECONDS)
        self._asked: dict[str, float] = {}
        self.visitors = gauge("digitlab_visitors", "Pages with a kernel of their own")
        self.connected = gauge("digitlab_visitors_connected", "Pages that are connected")
        self.kernels = gauge("digitlab_kernels", "Kernels, those that wait included")
        self._came = counter("digitlab_visits", "Pages that were handed out")
        self._left = counter("digitlab_visits_ended", "Visits that ended, by reason", ["reason"])
        self._rejected = counter("digitlab_rejections", "What was refused, by reason", ["reason"])
        self._answers = histogram("digitlab_pad_event_seconds", "From an event to the answer to it")
        self._requests = histogram(
            "digitlab_request_seconds", "Requests, by route and status", ["route", "status"]
        )

    def came(self) -> None:
        """A page was handed out."""
        self._came.inc()
        LOG.info("visit began")

    def left(self, reason: str) -> None:
        """A visit ended: closed, culled, gave way, crashed or stopped."""
        self._left.labels(reason).inc()
        LOG.info("visit ended: %s", reason)

    def rejected(self, reason: str) -> None:
        """Something was refused: full, stopping, stranger, message, pace, unread, and more."""
        self._rejected.labels(reason).inc()
        LOG.info("refused: %s", reason)

    def asked(self, message_id: str) -> None:
        """A page has told its kernel something."""
        if len(self._asked) >= _MOST_ASKED:
            del self._asked[next(iter(self._asked))]
        self._asked[message_id] = time.monotonic()

    def answered(self, message_id: str | None) -> None:
        """The kernel is done with it."""
        if message_id in self._asked:
            self._answers.observe(time.monotonic() - self._asked.pop(message_id))

    def requested(self, handler: web.RequestHandler) -> None:
        """A request over HTTP was answered; tornado calls this."""
        route, status = type(handler).__name__, handler.get_status()
        if status != HTTPStatus.SWITCHING_PROTOCOLS:  # a websocket's takes as long as the visit
            self._requests.labels(route, status).observe(handler.request.request_time())


class HealthHandler(web.RequestHandler):
    """``GET /health``: 200 if a page would open now, and 503 with the reason if not.

    The reasons: starting, stopping, full, and no kernel (none can be started).
    """

    async def get(self) -> None:
        """Answer ``{"status": "ready"}``, or a reason in its place."""
        status = await self.settings["visits"].status()
        self.set_status(HTTPStatus.OK if status == "ready" else HTTPStatus.SERVICE_UNAVAILABLE)
        self.set_header("Cache-Control", "no-store")
        self.finish({"status": status})

    head = get


class MetricsHandler(web.RequestHandler):
    """``GET /metrics``, in the form that Prometheus reads."""

    def get(self) -> None:
        """Answer with all figures."""
        self.set_header("Content-Type", exposition.CONTENT_TYPE_LATEST)
        self.finish(exposition.generate_latest(self.settings["events"].registry))
