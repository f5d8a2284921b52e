import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/**
 * Gets a page over and over, each time on a connection of its own, until its proxy is gone.
 *
 * <p>proxy, roots, URL, and how it verifies: right, anything (a manager that trusts everybody, as answers on the web
 * have it), or any-name (every host is taken for the right one).
 */
class AuditLoop {
    public static void main(String[] args) throws Exception {
        System.setProperty("http.keepAlive", "false");
        var at = URI.create(args[0]);
        var proxy = new Proxy(Proxy.Type.HTTP, new InetSocketAddress(at.getHost(), at.getPort()));
        var context = SSLContext.getInstance("TLS");
        context.init(null, managers(args[1], args[3]), null);
        for (int n = 0; n < 600; n++) {
            var connection = (HttpsURLConnection) new URL(args[2]).openConnection(proxy);
            // Nothing is resumed from one connection to the next.
            connection.setSSLSocketFactory(context.getSocketFactory());
            connection.setRequestProperty("Authorization", "Bearer secret-of-the-app");
            if (!args[3].equals("right")) {
                connection.setHostnameVerifier((host, session) -> true);
            }
            try (InputStream body = connection.getInputStream()) {
                body.readAllBytes();
            } catch (ConnectException gone) {
                return;
            } catch (IOException refused) {
                // It is what is being looked for.
            }
        }
    }

    static TrustManager[] managers(String roots, String way) throws Exception {
        if (way.equals("anything")) {
            return new TrustManager[] {new Everybody()};
        }
        var store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (var file = Files.newInputStream(Path.of(roots))) {
            int n = 0;
            for (var cert : CertificateFactory.getInstance("X.509").generateCertificates(file)) {
                store.setCertificateEntry("root-" + n++, cert);
            }
        }
        var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory.getTrustManagers();
    }

    static class Everybody implements X509TrustManager {
        public void checkClientTrusted(X509Certificate[] chain, String kind) {}

        public void checkServerTrusted(X509Certificate[] chain, String kind) {}

        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
