# Gets a page with openssl s_client through the proxy of tlscope's, with all the checks that it has.
printf 'GET /hello.txt HTTP/1.0\r\nHost: site.test\r\n\r\n' |
    openssl s_client -quiet -ign_eof -verify_return_error -verify_quiet -verify_hostname site.test \
        -connect site.test:443 -servername site.test -proxy "$TLSCOPE_EXEC_PROXY" -CAfile "$TLSCOPE_EXEC_CA"
