// Go's crypto/tls: `ask ROOTS` asks for each line `case<TAB>host<TAB>port` and says what came of it.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log"
	"net"
	"os"
	"strings"
	"sync"
	"time"
)

func ask(roots *x509.CertPool, host, port string) string {
	dialer := &net.Dialer{Timeout: 3 * time.Second}
	plain, err := dialer.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		return err.Error()
	}
	defer plain.Close()
	plain.SetDeadline(time.Now().Add(3 * time.Second))
	conn := tls.Client(plain, &tls.Config{RootCAs: roots, ServerName: host})
	if _, err := fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", host); err != nil {
		return err.Error()
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if line == "" && err != nil {
		return err.Error()
	}
	return strings.TrimSpace(line)
}

func main() {
	pem, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	places := make(chan struct{}, 4)
	var asked sync.WaitGroup
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		fields := strings.Split(lines.Text(), "\t")
		places <- struct{}{}
		asked.Add(1)
		go func() {
			said := ask(roots, fields[1], fields[2])
			fmt.Printf("%s\t%s\n", fields[0], strings.ReplaceAll(said, "\n", " "))
			<-places
			asked.Done()
		}()
	}
	asked.Wait()
}
