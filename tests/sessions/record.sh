#!/bin/sh
# Records tests/sessions/lab.tlscope anew: a real run, with curl and openssl as clients of the lab's
# servers. What the screen shows of it is kept as snapshots (src/tui/tests/recorded.rs), so these have
# to be accepted anew as well: INSTA_UPDATE=always cargo test --lib recorded
set -eu
cd "$(dirname "$0")/../.."
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
rm -f tests/sessions/lab.tlscope
cargo build --quiet
target/debug/tlscope --home "$home" run --headless --lab --offline --listen 127.0.0.1:0 \
    --session tests/sessions/lab.tlscope 2>"$home/log" &
running=$!
while ! grep -q 'listens on' "$home/log"; do sleep 0.1; done
port=$(sed -n 's/.*listens on 127.0.0.1:\([0-9]*\).*/\1/p' "$home/log")

ask() {
    curl --silent --output /dev/null --max-time 20 --proxy "http://127.0.0.1:$port" \
        --cacert "$home/ca/tlscope-ca-cert.pem" --user-agent tester/1.0 "$@" || true
}

ask https://good.lab.test/json
ask https://expired.lab.test/json
ask -H 'Content-Type: application/json' -H 'Authorization: Bearer secret' \
    -d '{"user":"tester","note":"hello"}' https://expired-wrong-name.lab.test/echo
ask https://missing-intermediate.lab.test/cookie
ask https://self-signed.lab.test/status/404
ask --insecure https://tls10.lab.test/
ask https://deep-and-bad.lab.test/gzip
ask --cacert /dev/null https://pinned.lab.test/
ask -F 'user=tester' -F 'note=hello;type=text/plain' https://good.lab.test/echo
ask --http1.1 --max-time 2 -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' \
    -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' https://good-http1.lab.test/websocket
ask http://plain.lab.test/json
(printf '\020\014\000\004MQTT\004\002\000\074\000\000'; sleep 1) |
    timeout 5 openssl s_client -quiet -proxy "127.0.0.1:$port" -connect mqtt.lab.test:443 -servername mqtt.lab.test \
        >/dev/null 2>&1 || true
kill -TERM "$running"
wait "$running" || true
