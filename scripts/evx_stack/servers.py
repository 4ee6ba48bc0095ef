"""The servers that the services need. Each is a class made from a layout, with:

    name, ports ({port: purpose}), url
    prepare()   makes folders, settings and secrets; nothing is lost when they are there
    program()   what the supervisor is told
    ready()     answers its protocol
    settle()    once it is ready: makes what the services expect in it
"""

from evx_stack.kafka import Kafka
from evx_stack.nginx import Nginx
from evx_stack.postgres import Postgres
from evx_stack.redis import Redis

# In the order in which they start.
SERVERS = (Postgres, Kafka, Redis, Nginx)

# What `up --only NAME` starts.
_ONLY = {"exchange": (Postgres,)}


def select_servers(only=None):
    """The server classes of `up [--only NAME]`."""
    return SERVERS if only is None else _ONLY[only]
