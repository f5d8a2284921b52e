//! A proxy with the lab behind it, within the test's own process, and everything it tells.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::{CertificateDer, ServerName};
use tlscope::ca::{Authority, Mint};
use tlscope::diagnosis::Trust;
use tlscope::inquiry::{self, Inquiry};
use tlscope::lab::Lab;
use tlscope::model::{
    Connection, ConnectionId, Event, Exchange, ExchangeId, FindingId, Message, Report, RootSet, RootSetName, SetupNews,
    Timestamp, TlsVersion, Trial,
};
use tlscope::net::{self, ConnectRule, Dialler, Keys};
use tlscope::portal::Page;
use tlscope::proxy::{self, AuditPlan, Auditor, Proxy, Services};
use tlscope::wire::{ProbeHello, write_probe_hello};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// No step of a test takes longer.
const PATIENCE: Duration = Duration::from_secs(20);

pub fn now() -> Timestamp {
    Timestamp::from(time::OffsetDateTime::now_utc())
}

/// Waits, but not for ever.
pub async fn soon<T>(what: impl Future<Output = T>) -> T {
    timeout(PATIENCE, what).await.expect("this took too long")
}

/// What a proxy told, the last state of each record.
#[derive(Default)]
pub struct Told {
    connections: BTreeMap<ConnectionId, (Connection, Option<Arc<Report>>)>,
    exchanges: BTreeMap<ExchangeId, Exchange>,
    pub messages: Vec<Message>,
    /// What devices did to be set up, in order.
    pub setup: Vec<SetupNews>,
    /// What clients made of the identities of an audit, in order.
    pub trials: Vec<Trial>,
}

impl Told {
    fn take(&mut self, event: Event) {
        match event {
            Event::Connection(connection) => {
                let report = self.connections.remove(&connection.id).and_then(|(_, report)| report);
                self.connections.insert(connection.id, (*connection, report));
            }
            Event::Judged { connection, report } => {
                if let Some(known) = self.connections.get_mut(&connection) {
                    known.1 = Some(report);
                }
            }
            Event::Exchange(exchange) => {
                self.exchanges.insert(exchange.id, *exchange);
            }
            Event::Message(message) => self.messages.push(*message),
            Event::Setup(news) => self.setup.push(news),
            Event::Tried(trial) => self.trials.push(*trial),
            // A person's, whom no proxy speaks for.
            Event::Noted(..) | Event::Recording(_) | Event::Cleared => {}
        }
    }

    pub fn connections(&self) -> Vec<&Connection> {
        self.connections.values().map(|(connection, _)| connection).collect()
    }

    /// What the judge said last of a connection's server.
    pub fn report(&self, id: ConnectionId) -> Option<&Report> {
        self.connections.get(&id)?.1.as_deref()
    }

    pub fn exchanges(&self) -> Vec<&Exchange> {
        self.exchanges.values().collect()
    }

    /// The one connection there was.
    pub fn connection(&self) -> &Connection {
        let all = self.connections();
        assert_eq!(all.len(), 1, "{all:#?}");
        all[0]
    }

    /// The one exchange there was.
    pub fn exchange(&self) -> &Exchange {
        let all = self.exchanges();
        assert_eq!(all.len(), 1, "{all:#?}");
        all[0]
    }

    /// Every finding, of the proxy and of the judge.
    pub fn findings(&self) -> Vec<FindingId> {
        let judged = |report: &Option<Arc<Report>>| report.iter().flat_map(|r| r.findings.clone()).collect::<Vec<_>>();
        let all = self.connections.values().flat_map(|(connection, report)| {
            connection.findings.iter().cloned().chain(judged(report)).map(|finding| finding.id).collect::<Vec<_>>()
        });
        all.collect()
    }
}

/// A proxy that runs.
pub struct Rig {
    proxy: Option<Proxy>,
    pub address: SocketAddr,
    /// The ports that lead to one target, in the order of the settings.
    pub reversed: Vec<SocketAddr>,
    _lab: Lab,
    pub ca: CertificateDer<'static>,
    pub mint: Arc<Mint>,
    /// The audit, where there is one.
    pub auditor: Option<Auditor>,
    told: Arc<Mutex<Told>>,
    telling: JoinHandle<()>,
    _home: tempfile::TempDir,
}

impl Rig {
    pub async fn start() -> Self {
        Self::start_with(|_| {}, Vec::new()).await
    }

    /// With origins of the test's own in front of the lab.
    pub async fn with_origins(origins: Vec<ConnectRule>) -> Self {
        Self::start_with(|_| {}, origins).await
    }

    pub async fn start_with(change: impl FnOnce(&mut proxy::Config), origins: Vec<ConnectRule>) -> Self {
        Self::start_over(|net| net.connect_to = origins, Keys::default(), change).await
    }

    /// With an audit.
    pub async fn auditing(plan: AuditPlan, origins: Vec<ConnectRule>) -> Self {
        Self::start_whole(|net| net.connect_to = origins, Keys::default(), |_| {}, || (), Some(plan)).await
    }

    /// With another way to servers, and with client certificates or key logs.
    pub async fn start_over(
        reach: impl FnOnce(&mut net::Config),
        keys: Keys,
        change: impl FnOnce(&mut proxy::Config),
    ) -> Self {
        Self::start_judged(reach, keys, change, || ()).await
    }

    /// With a judge who says nothing before `ready` has come back.
    pub async fn start_judged(
        reach: impl FnOnce(&mut net::Config),
        keys: Keys,
        change: impl FnOnce(&mut proxy::Config),
        ready: impl FnOnce() + Send + 'static,
    ) -> Self {
        Self::start_whole(reach, keys, change, ready, None).await
    }

    async fn start_whole(
        reach: impl FnOnce(&mut net::Config),
        keys: Keys,
        change: impl FnOnce(&mut proxy::Config),
        ready: impl FnOnce() + Send + 'static,
        plan: Option<AuditPlan>,
    ) -> Self {
        let home = tempfile::tempdir().unwrap();
        let lab = Lab::start("127.0.0.1:0".parse().unwrap(), now()).await.unwrap();
        let (authority, _) = Authority::load_or_create(home.path(), now()).unwrap();
        let ca = CertificateDer::from(authority.cert().der.to_vec());
        let page = Page::new(authority.cert().clone(), "the CA".into());
        let mut ways = net::Config {
            tcp_timeout: Duration::from_secs(3),
            tls_timeout: Duration::from_secs(3),
            ..net::Config::default()
        };
        reach(&mut ways);
        ways.connect_to.extend(lab.connect_rules());
        let dialler = Dialler::new(ways).with_keys(keys);
        let trust = trust_of(&lab);
        let loaded = move || {
            ready();
            trust
        };
        let inquiry = Inquiry::start(inquiry::Config::default(), loaded, dialler.clone()).unwrap();
        let (events, inbox) = mpsc::channel(1000);
        let mint = Arc::new(Mint::new(authority));
        let auditor = plan.map(|plan| Auditor::new(&plan, &mint).unwrap());
        let portal: proxy::Portal = Arc::new(move |asked| page.answer(asked));
        let services = Services { dialler, inquiry, mint: mint.clone(), portal, audit: auditor.clone(), events };
        let mut config = proxy::Config { listen: vec!["127.0.0.1:0".parse().unwrap()], ..proxy::Config::default() };
        config.hello_timeout = Duration::from_secs(5);
        change(&mut config);
        let proxy = Proxy::start(config, services).unwrap();
        let address = proxy.addresses()[0];
        let reversed = proxy.reversed().iter().map(|(address, _)| *address).collect();
        let told = Arc::default();
        let telling = tokio::spawn(collect(inbox, Arc::clone(&told)));
        Self { proxy: Some(proxy), address, reversed, _lab: lab, ca, mint, auditor, told, telling, _home: home }
    }

    /// The running proxy.
    pub fn proxy(&self) -> &Proxy {
        self.proxy.as_ref().unwrap()
    }

    /// How many trials of an audit were told so far.
    pub fn count_trials(&self) -> usize {
        self.told.lock().unwrap().trials.len()
    }

    /// Waits until what was told is enough.
    pub async fn until(&self, enough: impl Fn(&Told) -> bool) {
        soon(async {
            while !enough(&self.told.lock().unwrap()) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }

    /// What clients wait for.
    pub fn questions(&self) -> proxy::Questions {
        self.proxy.as_ref().unwrap().questions()
    }

    /// What was decided about devices.
    pub fn guests(&self) -> proxy::Guests {
        self.proxy.as_ref().unwrap().guests()
    }

    /// A connection to the port.
    pub async fn dial(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// A tunnel by CONNECT.
    pub async fn connect(&self, authority: &str) -> TcpStream {
        let mut stream = self.dial().await;
        stream
            .write_all(format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n").as_bytes())
            .await
            .unwrap();
        let head = soon(read_head(&mut stream)).await;
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        stream
    }

    /// TLS through a tunnel, as a client that trusts the proxy's CA.
    pub async fn tls(&self, authority: &str, sni: &str, alpn: &[&str]) -> TlsStream<TcpStream> {
        let tunnel = self.connect(authority).await;
        soon(self.handshake(tunnel, sni, alpn)).await.unwrap()
    }

    /// A handshake with whatever is at the other end of `stream`; its chain must lead to the CA.
    pub async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        sni: &str,
        alpn: &[&str],
    ) -> std::io::Result<TlsStream<S>> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.ca.clone()).unwrap();
        let mut config = builder().with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        let name = ServerName::try_from(sni.to_owned()).unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await
    }

    /// Stops the proxy, and gives what it told.
    pub async fn stop(mut self) -> Told {
        soon(self.proxy.take().unwrap().stop()).await;
        soon(self.telling).await.unwrap();
        std::mem::take(&mut *self.told.lock().unwrap())
    }
}

async fn collect(mut inbox: mpsc::Receiver<Event>, told: Arc<Mutex<Told>>) {
    while let Some(event) = inbox.recv().await {
        told.lock().unwrap().take(event);
    }
}

pub fn trust_of(lab: &Lab) -> Trust {
    let roots = RootSet { name: RootSetName::Files, anchors: lab.roots().to_vec() };
    Trust::new(&[roots], &[lab.public_root()].into()).with_logs(Some(lab.logs().to_vec()))
}

fn builder() -> rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    ClientConfig::builder_with_provider(provider).with_protocol_versions(rustls::DEFAULT_VERSIONS).unwrap()
}

/// A ClientHello for a host, of a client whose further bytes the test writes itself.
pub fn hello(version: TlsVersion, host: &str) -> Vec<u8> {
    write_probe_hello(&ProbeHello { version, sni: Some(host), alpn: &[], random: [7; 32], suites: &[], large: false })
}

/// A server that does one thing with each connection, reached as `host` by the rule given back.
pub async fn origin<F, Fut>(host: &str, serve: F) -> ConnectRule
where
    F: Fn(TcpStream) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    format!("{host}::127.0.0.1:{port}").parse().unwrap()
}

/// A server that reads a head and says something.
pub async fn saying(host: &str, answer: &'static [u8]) -> ConnectRule {
    origin(host, move |mut stream| async move {
        read_head(&mut stream).await;
        let _ = stream.write_all(answer).await;
    })
    .await
}

/// Reads up to the end of an HTTP/1 head; what there is of it at the end of the stream.
pub async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    read_until(stream, "\r\n\r\n").await
}

/// Reads up to a text.
pub async fn read_until(stream: &mut (impl AsyncRead + Unpin), end: &str) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(end.as_bytes()) {
        match stream.read_u8().await {
            Ok(byte) => bytes.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads to the end; an error ends it as well.
pub async fn read_all(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    let _ = soon(stream.read_to_end(&mut bytes)).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Writes, and reads to the end.
pub async fn ask(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), request: &str) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    read_all(stream).await
}

/// Every key of a finding's evidence is explained on its page.
pub fn assert_evidence_is_explained(report: &tlscope::model::Report) {
    for finding in &report.findings {
        let page = tlscope::explain::page(finding.id);
        for (key, _) in &finding.evidence {
            assert!(page.keys.iter().any(|(known, _)| known == key), "{}: {key} is not explained", finding.id);
        }
        let line = tlscope::explain::summary(finding);
        assert!(!line.contains('?') || line.contains("? "), "{}: something is missing in {line:?}", finding.id);
    }
}
