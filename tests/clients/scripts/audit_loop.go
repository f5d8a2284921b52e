// Gets a page over and over, each time on a connection of its own, until its proxy is gone.
//
// proxy, roots, URL, and how it verifies: right, or anything.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"syscall"
	"time"
)

func main() {
	pem, err := os.ReadFile(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	proxy, err := url.Parse(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	transport := &http.Transport{
		Proxy:             http.ProxyURL(proxy),
		TLSClientConfig:   &tls.Config{RootCAs: roots, InsecureSkipVerify: os.Args[4] == "anything"},
		DisableKeepAlives: true,
	}
	client := &http.Client{Transport: transport, Timeout: 10 * time.Second}
	for n := 0; n < 600; n++ {
		request, _ := http.NewRequest("GET", os.Args[3], nil)
		request.Header.Set("Authorization", "Bearer secret-of-the-app")
		answer, err := client.Do(request)
		if errors.Is(err, syscall.ECONNREFUSED) {
			return
		}
		if err == nil {
			_, _ = io.Copy(io.Discard, answer.Body)
			_ = answer.Body.Close()
		}
	}
}
