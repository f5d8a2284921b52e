<?php
// Gets a page with PHP's own streams; with `--pinned` it wants a certificate that nobody has.

[, $port, $ca, $url] = $argv;
$pin = isset($argv[4]) ? ["peer_fingerprint" => ["sha256" => str_repeat("00", 32)]] : [];
$http = ["proxy" => "tcp://127.0.0.1:$port", "request_fulluri" => true];
$context = stream_context_create(["http" => $http, "ssl" => ["cafile" => $ca] + $pin]);
exit(file_get_contents($url, false, $context) === false ? 1 : 0);
