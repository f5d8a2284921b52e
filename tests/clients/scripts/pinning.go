// Gets a page; with `--pinned` it wants a key that nobody has.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log"
	"net/http"
	"net/url"
	"os"
)

func main() {
	proxy, _ := url.Parse(os.Args[1])
	pem, err := os.ReadFile(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	config := &tls.Config{RootCAs: roots}
	if len(os.Args) > 4 {
		config.VerifyPeerCertificate = func([][]byte, [][]*x509.Certificate) error {
			return errors.New("this is not the key that was pinned")
		}
	}
	transport := &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: config, ForceAttemptHTTP2: true}
	if _, err := (&http.Client{Transport: transport}).Get(os.Args[3]); err != nil {
		log.Fatal(err)
	}
}
