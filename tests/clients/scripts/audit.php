<?php
// Gets a page with PHP's own curl.
curl_exec(curl_init($argv[1]));
