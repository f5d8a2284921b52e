import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** Gets a page with the client that is named first, and shows it; knows nothing of proxies. */
class ExecClient {
    public static void main(String[] args) throws Exception {
        System.out.print(args[0].equals("HttpClient") ? byHttpClient(args[1]) : byUrlConnection(args[1]));
    }

    static String byHttpClient(String url) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(url)).build();
        return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
    }

    static String byUrlConnection(String url) throws Exception {
        try (var body = new URL(url).openStream()) {
            return new String(body.readAllBytes());
        }
    }
}
