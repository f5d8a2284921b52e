import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

/** Java's SSLSocket: `Ask ROOTS` asks for each line `case TAB host TAB port` and says what came of it. */
class Ask {
    public static void main(String[] args) throws Exception {
        var factory = trusting(args[0]);
        var pool = Executors.newFixedThreadPool(4);
        var answers = new ArrayList<Future<String>>();
        for (var line : new BufferedReader(new InputStreamReader(System.in)).lines().toList()) {
            var fields = line.split("\t");
            Callable<String> asked = () -> fields[0] + "\t" + ask(factory, fields[1], Integer.parseInt(fields[2]));
            answers.add(pool.submit(asked));
        }
        for (var answer : answers) {
            System.out.println(answer.get());
        }
        pool.shutdown();
    }

    static String ask(SSLSocketFactory factory, String host, int port) {
        try (var plain = new Socket()) {
            plain.connect(new InetSocketAddress("127.0.0.1", port), 3000);
            plain.setSoTimeout(3000);
            var tls = (SSLSocket) factory.createSocket(plain, host, port, true);
            var parameters = tls.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            tls.setSSLParameters(parameters);
            tls.startHandshake();
            var request = "GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
            tls.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            var line = new BufferedReader(new InputStreamReader(tls.getInputStream())).readLine();
            return line == null ? "nothing" : line;
        } catch (Exception error) {
            return causes(error);
        }
    }

    /** What went wrong, and why, down to the first cause. */
    static String causes(Throwable error) {
        var said = new StringBuilder();
        for (var cause = error; cause != null; cause = cause.getCause()) {
            said.append(said.isEmpty() ? "" : " <- ").append(cause);
        }
        return said.toString().replaceAll("\\s+", " ");
    }

    static SSLSocketFactory trusting(String roots) throws Exception {
        var store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (var pem = new FileInputStream(roots)) {
            for (var root : CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
                store.setCertificateEntry("root " + store.size(), root);
            }
        }
        var managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(store);
        var context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context.getSocketFactory();
    }
}
