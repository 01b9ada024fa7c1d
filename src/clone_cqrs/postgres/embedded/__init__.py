"""A PostgreSQL server of one's own, from a wheel: started when first used, shared by the processes that use it.

server = await start_embedded(default_data_directory())
... server.dsn ...
await server.close()
"""

from clone_cqrs.postgres.embedded._errors import EmbeddedServerError
from clone_cqrs.postgres.embedded._home import default_data_directory
from clone_cqrs.postgres.embedded._server import EmbeddedServer, start_embedded

__all__ = ["EmbeddedServer", "EmbeddedServerError", "default_data_directory", "start_embedded"]
