"""A process in which the extra `telemetry` cannot be imported: does everything without it, and tells what it came to."""

import asyncio
import json
import sys
from importlib.abc import MetaPathFinder
from typing import Any
from uuid import uuid4

FORBIDDEN = ("opentelemetry", "prometheus_client")


class NotInstalled(MetaPathFinder):
    """What the finders of a machine without these packages come to."""

    def find_spec(self, name: str, _path: Any = None, _target: Any = None) -> None:
        if name.partition(".")[0] in FORBIDDEN:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


async def run(dsn: str) -> dict[str, Any]:
    from tests.telemetry.points_application import give_points, points_application

    from clone_cqrs.instrumentation import instrument

    refused: dict[str, str] = {}
    asked: tuple[dict[str, Any], ...] = ({"tracing": True}, {"metrics": True})
    for settings in asked:
        try:
            instrument(points_application(dsn), **settings)
        except ModuleNotFoundError as missing:
            refused[next(iter(settings))] = str(missing)
    application = points_application(dsn)
    instrumentation = instrument(application)
    async with application:
        result = await application.commands.execute(give_points(uuid4()))
        await application.drain(60.0)
    return {
        "success": result.success,
        "tracing": instrumentation.tracing is not None,
        "metrics": instrumentation.metrics is not None,
        "refused": refused,
    }


if __name__ == "__main__":
    sys.meta_path.insert(0, NotInstalled())
    print(json.dumps(asyncio.run(run(sys.argv[1]))))
