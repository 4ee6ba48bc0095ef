"""Python code of the contracts in proto/. Needs the package grpcio-tools."""

import subprocess
import sys

from local_exchange import REPOSITORY


def generate_stubs(folder):
    """Importable from then on."""
    files = [str(path) for path in sorted((REPOSITORY / "proto/evx").glob("*/v1/*.proto"))]
    subprocess.run([sys.executable, "-m", "grpc_tools.protoc", f"-I{REPOSITORY / 'proto'}",
                    f"--python_out={folder}", f"--grpc_python_out={folder}", *files], check=True)
    sys.path.insert(0, str(folder))
