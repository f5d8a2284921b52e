import java.io.FileInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import okhttp3.CertificatePinner;
import okhttp3.OkHttpClient;
import okhttp3.Request;

/** Gets a page, twice, with the client that is named first; with `--pinned` it wants a key that nobody has. */
class Pinning {
    static Proxy proxy;
    static X509TrustManager trust;
    static boolean isPinned;

    public static void main(String[] args) throws Exception {
        proxy = new Proxy(Proxy.Type.HTTP, new InetSocketAddress("127.0.0.1", Integer.parseInt(args[1])));
        trust = trustIn(args[2]);
        isPinned = args.length > 4;
        var failures = 0;
        for (var time = 0; time < 2; time++) {
            try {
                get(args[0], args[3]);
            } catch (IOException refusal) {
                System.err.println(refusal);
                failures++;
            }
        }
        System.exit(failures); // whatever threads a client keeps
    }

    static void get(String client, String url) throws Exception {
        switch (client) {
            case "HttpsURLConnection" -> byUrlConnection(url);
            case "HttpClient" -> byHttpClient(url);
            default -> byOkHttp(url);
        }
    }

    /** It compares behind the handshake, before the request. */
    static void byUrlConnection(String url) throws Exception {
        var connection = (HttpsURLConnection) new URL(url).openConnection(proxy);
        connection.setSSLSocketFactory(context(trust).getSocketFactory());
        connection.connect();
        if (isPinned && connection.getServerCertificates().length > 0) {
            connection.disconnect();
            throw new SSLPeerUnverifiedException("this is not the key that was pinned");
        }
        connection.getInputStream().close();
    }

    /** It compares in the trust manager. */
    static void byHttpClient(String url) throws Exception {
        var selector = ProxySelector.of((InetSocketAddress) proxy.address());
        var client = HttpClient.newBuilder().proxy(selector).sslContext(context(isPinned ? new Never() : trust)).build();
        client.send(HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString());
    }

    static void byOkHttp(String url) throws Exception {
        var builder = new OkHttpClient.Builder().proxy(proxy).sslSocketFactory(context(trust).getSocketFactory(), trust);
        if (isPinned) {
            var pin = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
            builder.certificatePinner(new CertificatePinner.Builder().add(URI.create(url).getHost(), pin).build());
        }
        builder.build().newCall(new Request.Builder().url(url).build()).execute().close();
    }

    static SSLContext context(X509TrustManager trust) throws Exception {
        var context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {trust}, null);
        return context;
    }

    static X509TrustManager trustIn(String file) throws Exception {
        var store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (var in = new FileInputStream(file)) {
            for (var certificate : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                store.setCertificateEntry("root " + store.size(), certificate);
            }
        }
        var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return (X509TrustManager) factory.getTrustManagers()[0];
    }

    static class Never implements X509TrustManager {
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
            throw new CertificateException("this is not the key that was pinned");
        }

        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
