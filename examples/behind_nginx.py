"""Several services over one archive, behind one address: nginx before any number of `satseek serve`.

    python examples/behind_nginx.py s3://bucket/archive                     # two services, http://127.0.0.1:8080
    python examples/behind_nginx.py s3://bucket/archive --services 4 --port 9000
    python examples/behind_nginx.py s3://bucket/archive --print             # only write the configuration

All of them run on this machine and end with this program; on several machines start the same services there and list
their addresses as upstreams. A client stays with one service, because pictures that it brought, heat maps and ingests
are remembered by the service that made them; where a service is gone, nginx takes the next one.
"""

# ruff: noqa: T201 - a program that speaks to whoever started it

from __future__ import annotations

import argparse
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

NGINX = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;

    # Who asks: the name that a client gives itself, else its address.
    map $http_x_client $client {{ "" $remote_addr; default $http_x_client; }}

    upstream satseek {{
        hash $client consistent;
{upstreams}
        keepalive 16;
    }}

    server {{
        listen {listen};
        client_max_body_size 20m;
        location / {{
            proxy_pass http://satseek;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            # Searches are POST and may be asked again elsewhere. So may ingests: no chip is added twice.
            proxy_next_upstream error timeout http_502 http_503 non_idempotent;
            proxy_next_upstream_tries 2;
            proxy_connect_timeout 2s;
            proxy_read_timeout 60s;
            proxy_buffering off;  # progress and exports are streams
            add_header X-Served-By $upstream_addr always;
        }}
    }}
}}
"""


def main() -> None:
    """Start the services and nginx, and stop them together."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive")
    parser.add_argument("--services", type=int, default=2)
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--print", action="store_true", dest="only_print")
    asked = parser.parse_args()
    if asked.only_print:
        addresses = [f"127.0.0.1:{8001 + number}" for number in range(asked.services)]
        print(configuration("/var/lib/satseek", addresses, asked.port))
        return
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if nginx is None:
        raise SystemExit("There is no nginx here. Install it (on Debian: apt-get install nginx-light).")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    running: list[subprocess.Popen[str]] = []
    with tempfile.TemporaryDirectory(prefix="satseek-nginx-") as folder:
        try:
            services = [_service(asked.archive) for _ in range(asked.services)]
            running += services
            addresses = [_address(service) for service in services]
            path = Path(folder) / "nginx.conf"
            path.write_text(configuration(folder, addresses, asked.port))
            proxy = subprocess.Popen([nginx, "-p", folder, "-c", str(path)], text=True)
            running.append(proxy)
            for service, address in zip(services, addresses, strict=True):
                print(f"service {address} pid {service.pid}", flush=True)
            print(f"http://127.0.0.1:{asked.port}", flush=True)
            proxy.wait()
        except KeyboardInterrupt:
            pass
        finally:
            _stop(running)


def configuration(folder: str, addresses: Sequence[str], port: int) -> str:
    """Return what nginx is told: one upstream a service, left out for two seconds after it failed."""
    upstreams = "\n".join(f"        server {address} max_fails=1 fail_timeout=2s;" for address in addresses)
    return NGINX.format(folder=folder, upstreams=upstreams, listen=f"127.0.0.1:{port}")


def _service(archive: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from satseek.cli.app import main; main()", "serve", archive, "--port", "0"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _address(service: subprocess.Popen[str]) -> str:
    """Wait until a service says where it listens, and read on what it says, so that it never waits for us."""
    assert service.stdout is not None
    url = service.stdout.readline().strip()
    if not url.startswith("http://"):
        raise SystemExit("A service did not start; what it said stands above.")
    threading.Thread(target=service.stdout.read, daemon=True).start()
    return url.removeprefix("http://")


def _stop(running: Sequence[subprocess.Popen[str]]) -> None:
    for process in running:
        process.terminate()
    for process in running:
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


if __name__ == "__main__":
    main()
