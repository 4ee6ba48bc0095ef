"""The private nginx: it serves the trading UI and passes /ws and /api on to the gateway."""

import hashlib
import shutil
import string

from evx_stack import machine
from evx_stack.errors import StackError
from evx_stack.layout import REPOSITORY
from evx_stack.supervisor import Program
from evx_stack.table import FRONTEND_PORT, HOST, gateway_address

PAGES = REPOSITORY / "frontend/dist"
TEMPLATE = REPOSITORY / "frontend/nginx/default.conf.template"

# A plain user's PATH may lack its folder.
PATH = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin"

# Around the server of TEMPLATE. In the foreground, one worker, everything it writes under its folder.
_MAIN = """\
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr warn;
{user}events {{
  worker_connections 1024;
}}
http {{
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  access_log off;
  sendfile on;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
{server}
}}
"""


class Nginx:
    """One server. Files: <run_dir>/frontend/nginx.conf and its temporary folders."""

    name = "frontend"

    def __init__(self, layout):
        self.layout = layout
        self.port = layout.port(FRONTEND_PORT)
        self.folder = layout.run_dir / "frontend"

    @property
    def ports(self):
        return {self.port: "the trading UI"}

    @property
    def url(self):
        return f"http://{HOST}:{self.port}"

    def prepare(self):
        if not (PAGES / "index.html").exists():
            raise StackError(f"{PAGES} holds no pages: run scripts/up without --no_build")
        machine.require_folder(self.folder)
        (self.folder / "nginx.conf").write_text(self._configuration())

    def program(self):
        # An nginx does not reread its settings: other ones start another.
        return Program(self.name, [binary(), "-e", "stderr", "-c", str(self.folder / "nginx.conf")],
                       self.folder, priority=40, stop_signal="QUIT", stamp=self._stamp())

    def ready(self):
        return machine.answers_http(f"{self.url}/index.html")

    def settle(self):
        pass

    def stop_leftover(self):
        """Stops a server that has lost its supervisor: nginx overwrites its environment."""
        machine.stop_leftover(self.folder / "nginx.pid", "nginx")

    def _configuration(self):
        server = string.Template(TEMPLATE.read_text()).safe_substitute(
            EVX_LISTEN=f"{HOST}:{self.port}", EVX_ROOT=PAGES,
            EVX_GATEWAY=gateway_address(self.layout))
        # The worker of root must reach files that belong to root.
        user = "user root;\n" if machine.is_root() else ""
        return _MAIN.format(folder=self.folder, server=server, user=user)

    def _stamp(self):
        return hashlib.sha256((self.folder / "nginx.conf").read_bytes()).hexdigest()[:12]


def binary():
    path = shutil.which("nginx", path=PATH)
    if path is None:
        raise StackError("nginx is not installed: run scripts/install_packages ui")
    return path
