import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import javax.net.ssl.HttpsURLConnection;

/** Gets a page with the client that is named first, and shows it. */
class Client {
    public static void main(String[] args) throws Exception {
        System.out.print(args[0].equals("HttpClient") ? byHttpClient(args[1]) : byUrlConnection(args[1]));
    }

    static String byHttpClient(String url) throws Exception {
        var port = Integer.getInteger("https.proxyPort");
        var proxy = ProxySelector.of(new InetSocketAddress(System.getProperty("https.proxyHost"), port));
        var client = HttpClient.newBuilder().proxy(proxy).connectTimeout(Duration.ofSeconds(60)).build();
        var answer = client.send(HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString());
        require(answer.statusCode() == 200, answer.statusCode());
        require(answer.version() == HttpClient.Version.HTTP_2, answer.version());
        return answer.body();
    }

    static String byUrlConnection(String url) throws Exception {
        var connection = (HttpsURLConnection) new URL(url).openConnection();
        require(connection.getResponseCode() == 200, connection.getResponseCode());
        try (var body = connection.getInputStream()) {
            return new String(body.readAllBytes());
        }
    }

    static void require(boolean holds, Object found) {
        if (!holds) {
            throw new AssertionError(found);
        }
    }
}
