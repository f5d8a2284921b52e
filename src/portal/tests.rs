//! The page on each kind of device, who gets it, and what can be taken from it.

use http::header::{HOST, ORIGIN};
use http::{HeaderMap, Request};
use http_body_util::BodyExt as _;

use super::*;
use crate::model::{AlertCode, CaTest, ClientHello, ClientOutcome, TlsVersion};
use crate::text::corpus::{CORPUS, is_raw};

const TOKEN: &str = "0123456789abcdef";
const IPHONE: &str =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Version/18.6 Safari/604.1";

fn page() -> Page {
    let pem = include_bytes!("../../certs/fixtures/algorithms/rsa2048-sha256.pem");
    let ca = crate::x509::read_certificates(pem).remove(0);
    Page::with_token(ca, "tlscope <CA>".into(), TOKEN)
}

/// A request to the port itself, from a device in the same network.
fn directly(path: &str) -> PortalRequest {
    PortalRequest {
        head: Request::get(path).header(HOST, "192.168.1.2:8080").body(()).unwrap(),
        client: "192.168.1.7:5".parse().unwrap(),
        local: "192.168.1.2:8080".parse().ok(),
        proxied: false,
        tls: None,
        last_test: None,
    }
}

/// The same through the proxy.
fn proxied(path: &str) -> PortalRequest {
    let head = Request::get(format!("http://tlscope.test{path}")).header(HOST, "tlscope.test").body(()).unwrap();
    PortalRequest { head, proxied: true, ..directly("/") }
}

fn with(mut asked: PortalRequest, name: HeaderName, value: &str) -> PortalRequest {
    asked.head.headers_mut().insert(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    asked
}

fn tested(newest: TlsVersion, offers_http2: bool, outcome: ClientOutcome) -> CaTest {
    let version = (outcome == ClientOutcome::Served).then_some(newest);
    CaTest { newest: Some(newest), version, offers_http2, ..CaTest::of(&ClientHello::default(), outcome) }
}

fn refused() -> CaTest {
    tested(TlsVersion::TLS13, true, ClientOutcome::Alert { code: AlertCode(48) })
}

async fn get(asked: &PortalRequest) -> (StatusCode, HeaderMap, String) {
    let response = page().answer(asked).response;
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (head.status, head.headers, String::from_utf8_lossy(&body).into_owned())
}

/// What a person reads: the body, a line for each element that begins one.
fn readable(html: &str) -> String {
    let body = html.split_once("<body>").unwrap().1.split_once("<script>").unwrap().0;
    ["<p", "<li", "<h", "<ol", "<ul", "<details", "<div", "<pre"]
        .into_iter()
        .fold(body.to_owned(), |text, tag| text.replace(tag, &format!("\n{tag}")))
}

#[tokio::test]
async fn each_device_has_its_own_steps_first() {
    let agents = [
        ("ios", IPHONE),
        ("android", "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/131.0.0.0 Mobile Safari/537.36"),
        (
            "old_android",
            "Mozilla/5.0 (Linux; Android 4.4.2; GT-I9505 Build/KOT49H) Chrome/30.0.0.0 Mobile Safari/537.36",
        ),
        (
            "harmony",
            "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1",
        ),
        (
            "mac_or_ipad",
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.4 Safari/605.1.15",
        ),
        (
            "mac_chrome",
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36",
        ),
        ("windows", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36"),
        ("windows_firefox", "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0"),
        ("chromeos", "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36"),
        ("linux", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36"),
        ("unknown", "Mozilla/5.0 (PlayStation; PlayStation 5/2.26) AppleWebKit/605.1.15"),
    ];
    for (name, agent) in agents {
        let (status, _, body) = get(&with(directly("/"), USER_AGENT, agent)).await;
        assert_eq!(status, 200);
        // What is folded is the same everywhere, and stands in one of the snapshots.
        let readable = readable(&body);
        let shown = if name == "unknown" { readable.as_str() } else { readable.split("<details>").next().unwrap() };
        insta::assert_snapshot!(format!("page_{name}"), shown);
        for guide in ["iPhone and iPad", "Firefox", "Docker", "Java"] {
            let (title, folded) = (format!("<h2>{guide}</h2>"), format!("<summary>{guide}</summary>"));
            assert!(body.contains(&title) != body.contains(&folded), "{name}: {guide} once");
        }
    }
    let (_, headers, body) = get(&with(directly("/"), USER_AGENT, "curl/8.9.1")).await;
    assert_eq!(headers[CONTENT_TYPE], "text/plain; charset=utf-8");
    insta::assert_snapshot!("page_curl", body);
}

#[tokio::test]
async fn the_self_test_says_what_is_known_and_what_to_do() {
    let ios = |asked| with(asked, USER_AGENT, IPHONE);
    let cases = [
        ("nothing_known", directly("/self-test")),
        ("after_a_refusal", PortalRequest { last_test: Some(refused()), ..directly("/self-test") }),
        ("proxied", proxied("/self-test")),
        (
            "over_tls",
            PortalRequest {
                tls: Some(tested(TlsVersion::TLS13, true, ClientOutcome::Served)),
                ..proxied("/self-test")
            },
        ),
        (
            "directly_over_tls",
            PortalRequest {
                tls: Some(tested(TlsVersion::TLS12, false, ClientOutcome::Served)),
                ..directly("/self-test")
            },
        ),
    ];
    let mut shown = String::new();
    for (name, asked) in cases {
        let (_, _, body) = get(&ios(asked)).await;
        shown.push_str(&format!("== {name}{}\n", readable(&body)));
    }
    let result = |query: &str| format!("/self-test/{TOKEN}/result?{query}");
    let cases = [
        ("seen_neither", directly(&result("proxy=no&ca=no"))),
        (
            "seen_neither_after_a_refusal",
            PortalRequest { last_test: Some(refused()), ..directly(&result("proxy=no&ca=no")) },
        ),
        (
            "seen_both",
            PortalRequest {
                last_test: Some(tested(TlsVersion::TLS13, true, ClientOutcome::Served)),
                ..directly(&result("proxy=yes&ca=yes"))
            },
        ),
        ("proxied_and_refused", PortalRequest { last_test: Some(refused()), ..proxied(&result("proxy=&ca=no")) }),
        (
            "too_old",
            PortalRequest {
                last_test: Some(tested(
                    TlsVersion::TLS10,
                    false,
                    ClientOutcome::Failed { reason: "it offers TLS 1.0 at most".into() },
                )),
                ..proxied(&result("ca=no"))
            },
        ),
        ("nonsense", directly(&result("proxy=%3Cscript%3E&ca=perhaps&ca"))),
    ];
    for (name, asked) in cases {
        let (status, _, body) = get(&ios(asked)).await;
        assert_eq!(status, 200, "{name}");
        assert!(!body.contains("<script"));
        shown.push_str(&format!("== {name}\n{}\n", body.replace("<li", "\n<li")));
    }
    insta::assert_snapshot!("self_test", shown);
}

#[tokio::test]
async fn advice_is_for_the_browser_that_asks() {
    let agents = [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", "its own settings"),
        (IPHONE, "Certificate Trust Settings"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605.1.15", "Always Trust"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/131.0.0.0 Safari/537.36", "Trusted Root"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/131.0.0.0 Safari/537.36", "stores of their own"),
        ("Mozilla/5.0 (Linux; Android 10; K) Chrome/131.0.0.0", "Install the certificate"),
    ];
    for (agent, advice) in agents {
        let asked = with(directly(&format!("/self-test/{TOKEN}/result?ca=no")), USER_AGENT, agent);
        assert!(get(&asked).await.2.contains(advice), "{agent}");
    }
}

#[tokio::test]
async fn the_pictures_are_there_only_for_who_came_that_way() {
    let over_tls = |asked| PortalRequest { tls: Some(tested(TlsVersion::TLS13, true, ClientOutcome::Served)), ..asked };
    let path = |name: &str| format!("/self-test/{TOKEN}/{name}.svg");
    let cases = [
        (directly(&path("proxy")), 404, ""),
        (proxied(&path("proxy")), 200, "yes"),
        (directly(&path("ca")), 404, ""),
        (proxied(&path("ca")), 404, ""),
        (over_tls(proxied(&path("ca"))), 200, "yes"),
        (over_tls(directly(&path("ca"))), 200, "yes"),
        (over_tls(directly(&path("tls"))), 200, "TLS 1.3 offered, HTTP/2"),
        (over_tls(directly(&path("other"))), 404, ""),
        (over_tls(directly("/self-test/fedcba/ca.svg")), 404, ""),
        (over_tls(directly("/self-test//ca.svg")), 404, ""),
    ];
    for (asked, status, words) in cases {
        let (found, headers, body) = get(&with(asked, HeaderName::from_static("sec-fetch-site"), "cross-site")).await;
        // Without the secret directory it is some page, which another site may only link to.
        let status = if body.contains("Another site") { 403 } else { status };
        assert_eq!(found, status);
        assert!(found != 200 || (body.contains(words) && headers[RESOURCE_POLICY] == "cross-origin"), "{body}");
    }
}

#[tokio::test]
async fn every_file_is_linked_and_there_and_holds_no_key() {
    let (_, _, index) = get(&directly("/")).await;
    let paths: Vec<String> =
        page().files.iter().map(|file| format!("/{}", file.path)).chain(["/proxy.pac".into()]).collect();
    let mut kinds = String::new();
    for path in paths {
        for asked in [directly(&path), proxied(&path)] {
            let answer = page().answer(&asked);
            assert!(matches!(answer.step, Some(SetupStep::Downloaded { .. })), "{path}");
            let (status, headers, body) = get(&asked).await;
            assert_eq!(status, 200, "{path}");
            assert!(!body.is_empty() && !body.contains("PRIVATE"), "{path}");
            let line = format!("{path} {:?} {:?}\n", headers[CONTENT_TYPE], headers[CONTENT_DISPOSITION]);
            kinds.push_str(if asked.proxied { "" } else { &line });
        }
        let is_another = ["/ca.der", "/ca.cer", "/ca.android"].contains(&path.as_str());
        assert_eq!(index.contains(&format!("href=\"{path}\"")), !is_another, "{path}");
    }
    insta::assert_snapshot!("files", kinds);
    let head = Request::head("/ca.pem").header(HOST, "192.168.1.2").body(()).unwrap();
    assert_eq!(page().answer(&PortalRequest { head, ..directly("/") }).step, None, "a look is no download");
}

#[tokio::test]
async fn the_proxy_is_named_as_the_device_knows_it() {
    let named = |host: &str| with(directly("/proxy.pac"), HOST, host);
    let through = |local: &str| PortalRequest { local: local.parse().ok(), ..proxied("/proxy.pac") };
    let cases = [
        (named("192.168.1.2:8080"), "PROXY 192.168.1.2:8080\""),
        (named("192.168.1.2"), "PROXY 192.168.1.2:80\""),
        (named("10.0.2.2:8080"), "PROXY 10.0.2.2:8080\""),
        (named("localhost:8080"), "PROXY localhost:8080\""),
        (named("[fd00::1]:8080"), "PROXY [fd00::1]:8080\""),
        (through("192.168.1.2:8080"), "PROXY 192.168.1.2:8080\""),
        (through("[fd00::1]:8080"), "PROXY [fd00::1]:8080\""),
    ];
    for (asked, proxy) in cases {
        let (_, _, body) = get(&asked).await;
        assert!(body.contains(proxy), "{body}");
        assert_eq!(body.matches("return \"").count(), 2, "the proxy, and the device itself");
    }
}

#[tokio::test]
async fn names_of_others_and_other_sites_get_nothing() {
    let ours = ["/", "/self-test", "/ca.pem", "/ca.mobileconfig", "/proxy.pac", "/nothing"];
    for path in ours {
        let (status, _, body) = get(&with(directly(path), HOST, "evil.example:8080")).await;
        assert_eq!(status, 421, "{path}");
        assert!(!body.contains("BEGIN CERTIFICATE") && !body.contains(TOKEN), "{path}");
        let (status, headers, body) = get(&with(directly(path), ORIGIN, "http://evil.example")).await;
        assert_eq!(status, 403, "{path}");
        assert!(!headers.keys().any(|name| name.as_str().starts_with("access-control")) && !body.contains(TOKEN));
    }
    let (_, _, body) = get(&with(directly("/"), HOST, "\"><script>alert(1)</script>")).await;
    assert!(!body.contains("<script>alert") && body.contains("&lt;script&gt;"), "{body}");
}

#[tokio::test]
async fn other_paths_and_methods_are_refused() {
    let (status, _, body) = get(&directly("/nothing")).await;
    assert!(status == 404 && body.contains("<a href=\"/\">"), "{body}");
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "NONSENSE"] {
        let head = Request::builder().method(method).uri("/").header(HOST, "localhost").body(()).unwrap();
        let answer = page().answer(&PortalRequest { head, ..directly("/") });
        assert_eq!((answer.response.status(), answer.step), (StatusCode::METHOD_NOT_ALLOWED, None), "{method}");
        assert_eq!(answer.response.headers()[ALLOW], "GET, HEAD");
    }
}

#[tokio::test]
async fn hostile_texts_stay_texts() {
    for evil in CORPUS.iter().copied().chain(["<script>alert(1)</script>\"'"]) {
        let Ok(value) = HeaderValue::from_bytes(evil.as_bytes()) else { continue };
        for path in ["/", "/self-test"] {
            let mut asked = directly(path);
            asked.head.headers_mut().insert(USER_AGENT, value.clone());
            asked.head.headers_mut().insert(ACCEPT, HeaderValue::from_static("text/html"));
            let (_, _, body) = get(&asked).await;
            assert_eq!(body.chars().find(|c| is_raw(*c) && *c != '\n'), None, "{evil:?}");
            assert_eq!(body.matches("<script>").count(), 1, "{evil:?}");
        }
    }
}

#[tokio::test]
async fn nothing_is_loaded_from_anywhere_else() {
    for asked in [directly("/"), proxied("/"), with(directly("/"), HOST, "[fd00::1]:8080")] {
        let (_, headers, body) = get(&asked).await;
        let own = ["http://tlscope.test", "https://tlscope.test", "https://192.168.1.2:8080", "https://[fd00::1]:8080"];
        for attribute in ["src=\"", "data-ca=\"", "data-proxy=\""] {
            for (at, _) in body.match_indices(attribute) {
                let url = &body[at + attribute.len()..];
                assert!(own.iter().any(|own| url.starts_with(own)), "{}", &url[..60]);
            }
        }
        assert!(!body.contains("<link") && !body.contains("@import") && !body.contains("url("));
        let policy = headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none';") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains('['), "{policy}");
        assert!(body.len() < 20_000, "small enough for an old phone: {}", body.len());
    }
    // ES5, and nothing that an old browser has not got.
    let script = include_str!("page.js");
    for new in ["=>", "let ", "const ", "`", "fetch(", "Promise", "async ", "class "] {
        assert!(!script.contains(new), "{new}");
    }
}
