#!/usr/bin/env bash
# Requests per CPU-second of evx_net_benchmark_server (one thread) and of nginx `return 200` (one
# worker), taken in turn by wrk over 64 keep-alive connections: the medians and their ratio. The
# CPU time is the server's own, so that other load on the machine disturbs little. Usage: compare_with_nginx.sh <build dir> [rounds] [seconds]
set -euo pipefail

build=${1:?usage: compare_with_nginx.sh <build dir> [rounds] [seconds]}
rounds=${2:-5}
seconds=${3:-3}
dir=$(mktemp -d)
pids=()
cleanup() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait || true
  rm -rf "$dir"
}
trap cleanup EXIT

nginx_port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat > "$dir/nginx.conf" <<CONF
daemon off;
worker_processes 1;
pid $dir/nginx.pid;
error_log $dir/error.log;
events { worker_connections 1024; }
http {
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path $dir/body;
  proxy_temp_path $dir/proxy;
  fastcgi_temp_path $dir/fastcgi;
  uwsgi_temp_path $dir/uwsgi;
  scgi_temp_path $dir/scgi;
  server {
    listen 127.0.0.1:$nginx_port;
    location / {
      default_type application/json;
      return 200 '{"orderbook_fp":{"yes_dollars":[],"no_dollars":[]}}';
    }
  }
}
CONF
taskset -c 0 nginx -p "$dir" -c "$dir/nginx.conf" 2>/dev/null &
nginx_master=$!
pids+=("$nginx_master")
taskset -c 0 "$build/libs/net/evx_net_benchmark_server" 0 1 > "$dir/port" &
evx_pid=$!
pids+=("$evx_pid")
for _ in $(seq 100); do
  [ -s "$dir/port" ] && curl -sf "http://127.0.0.1:$nginx_port/" > /dev/null && break
  sleep 0.05
done
evx_port=$(cat "$dir/port")

nginx_pid=$(cat "/proc/$nginx_master/task/$nginx_master/children")  # The one worker.
nginx_pid=${nginx_pid%% *}

cpu_ticks() { awk '{print $14 + $15}' "/proc/$1/stat"; }
# measure <port> <pid>
measure() {
  local before after requests
  before=$(cpu_ticks "$2")
  requests=$(taskset -c 1 wrk -t1 -c64 -d"${seconds}s" \
    "http://127.0.0.1:$1/trade-api/v2/markets/X/orderbook" | awk '/requests in/ {print $1}')
  after=$(cpu_ticks "$2")
  awk -v n="$requests" -v t=$((after - before)) -v hz="$(getconf CLK_TCK)" \
    'BEGIN {printf "%.0f\n", n * hz / t}'
}
median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }

for _ in $(seq "$rounds"); do
  measure "$evx_port" "$evx_pid" >> "$dir/evx"
  measure "$nginx_port" "$nginx_pid" >> "$dir/nginx"
done
evx=$(median < "$dir/evx")
nginx=$(median < "$dir/nginx")
awk -v e="$evx" -v n="$nginx" 'BEGIN {printf "net_http_get %.0f %.0f %.2f\n", e, n, e / n}'
