"""Logging: structlog for ours, the same shape for libraries'; lines for people on a terminal, JSON elsewhere."""

import logging
import sys

import structlog

QUIET = {"spiff": logging.WARNING, "SpiffWorkflow": logging.WARNING, "alembic": logging.WARNING,
         "dramatiq": logging.WARNING, "pika": logging.WARNING, "httpx": logging.WARNING, "httpcore": logging.WARNING,
         "uvicorn": logging.WARNING, "uvicorn.error": logging.WARNING, "uvicorn.access": logging.WARNING}  # fmt: skip

WITHOUT_LOCALS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)
"""Traces for machines; what variables held (passwords, session tokens) is nobody's to read in a log."""


def configure(*, process: str, debug: bool = False) -> None:
    """Set up logging of this process to standard error; `process` (web, worker, …) stands on every line."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _named(process),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if debug else logging.INFO),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_rendering()))
    logging.basicConfig(handlers=[handler], level=logging.DEBUG if debug else logging.INFO, force=True)
    for name, level in QUIET.items():
        logging.getLogger(name).setLevel(level)
    logging.captureWarnings(True)


def _rendering() -> list[structlog.typing.Processor]:
    last: list[structlog.typing.Processor]
    if sys.stderr.isatty():
        last = [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    else:
        last = [WITHOUT_LOCALS, structlog.processors.JSONRenderer(ensure_ascii=False)]
    return [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last]


def _named(process: str) -> structlog.typing.Processor:
    def add(
        _logger: structlog.typing.WrappedLogger, _method: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        event["process"] = process
        return event

    return add
