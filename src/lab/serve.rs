//! The running lab.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

use super::build::{CaseServer, Files, build};
use super::flights;
use super::recipe::{self, Case, RecipeError, ServerKind};
use super::site::Site;
use super::{DOMAIN, PUBLIC_DOMAIN};
use crate::ca::forge::{Forge, Key, Logs, Surroundings, forge_all, list_as_json};
use crate::model::{AlertCode, CertDer, ClientHello, CtLog, Fingerprint, Host, Timestamp, TlsVersion};
use crate::net::{ConnectRule, HostPattern, Prefixed};
use crate::wire::{HelloRead, Opening, read_client_hello, sniff};

/// How long the lab waits for a client's bytes.
const PATIENCE: Duration = Duration::from_secs(10);

const RECIPES: &str = include_str!("../../certs/lab.toml");

/// Why the lab does not run.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// The recipes are no good.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// It cannot listen.
    #[error("the lab cannot listen on {address}: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
}

/// Servers with every defect. They stop when it is dropped.
pub struct Lab {
    address: SocketAddr,
    cases: Vec<Case>,
    roots: Vec<CertDer>,
    public_root: Fingerprint,
    logs: Vec<CtLog>,
    nobody: SocketAddr,
    _servers: JoinSet<()>,
}

/// Everything the listening port knows.
struct Servers {
    by_host: HashMap<String, Arc<CaseServer>>,
    /// Issuers, lists and answers to be fetched, by file name.
    aia: Files,
    site: Site,
}

impl Lab {
    /// Forges every certificate as of `now` and serves them on `listen`; port 0 takes any.
    ///
    /// # Errors
    /// [`LabError`] when a recipe cannot be followed, or the port is taken.
    pub async fn start(listen: SocketAddr, now: Timestamp) -> Result<Self, LabError> {
        let (ca_recipes, mut cases) = recipe::read(RECIPES)?;
        let aia_url = format!("http://aia.{DOMAIN}");
        let in_case = |case: &str| {
            let case = case.to_owned();
            move |why: String| RecipeError::Case { case: case.clone(), why }
        };
        let logs = Arc::new(Logs::new().map_err(in_case("logs"))?);
        let around = |host: &str, file: &str, public: bool| Surroundings {
            now,
            host: host.to_owned(),
            aia: aia_url.clone(),
            file: file.to_owned(),
            public,
            logs: logs.clone(),
            keys: Arc::new(|name| Key::named(name).map(Arc::new)),
        };
        let common = around(DOMAIN, "ca", false);
        let cas = forge_all(&ca_recipes, Forge::new(), &common).map_err(in_case("ca"))?;
        let listener = bind(listen).await?;
        let address = local_address(&listener, listen)?;
        let mut servers = Servers { by_host: HashMap::new(), aia: BTreeMap::new(), site: plain_site() };
        servers.aia.extend(cas.iter().map(|(name, made)| (format!("{name}.der"), made.der.clone())));
        let mut tasks = JoinSet::new();
        for case in &mut cases {
            let around = around(&case.host, &case.name, case.recipe.public);
            let (server, files) = build(case, &cas, &around).map_err(in_case(&case.name))?;
            servers.aia.extend(files);
            let server = Arc::new(server);
            if case.recipe.by_ip {
                let own = bind(SocketAddr::new(address.ip(), 0)).await?;
                case.port = Some(local_address(&own, address)?.port());
                tasks.spawn(accept(own, move |stream| serve_case(server.clone(), stream)));
            } else {
                servers.by_host.insert(case.host.clone(), server);
            }
        }
        // Bound and closed again: nobody listens there.
        let nobody = local_address(&bind(SocketAddr::new(address.ip(), 0)).await?, address)?;
        let servers = Arc::new(servers);
        tasks.spawn(accept(listener, move |stream| serve_any(servers.clone(), stream)));
        let root = |name: &str| cas.get(name).map(|made| CertDer::new(made.der.clone()));
        let roots: Vec<CertDer> =
            ["root", "public-root", "ended-root", "bound-root"].iter().filter_map(|name| root(name)).collect();
        let public_root = root("public-root").map_or(Fingerprint([0; 32]), |der| der.sha256);
        let logs = logs.list(now);
        Ok(Self { address, cases, roots, public_root, logs, nobody, _servers: tasks })
    }

    /// Where every case with a name is served.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The cases.
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// The cases, without serving them.
    ///
    /// # Errors
    /// [`RecipeError`] when the recipes cannot be read.
    pub fn listed() -> Result<Vec<Case>, RecipeError> {
        Ok(recipe::read(RECIPES)?.1)
    }

    /// The roots that its good chains lead to.
    pub fn roots(&self) -> &[CertDer] {
        &self.roots
    }

    /// The root whose chains are to be judged as publicly trusted.
    pub fn public_root(&self) -> Fingerprint {
        self.public_root
    }

    /// The logs whose promises its public certificates carry.
    pub fn logs(&self) -> &[CtLog] {
        &self.logs
    }

    /// The same in the form of the programmes' log_list.json.
    pub fn log_list(&self) -> String {
        list_as_json(&self.logs)
    }

    /// The rules by which a dialler finds the lab's names.
    pub fn connect_rules(&self) -> Vec<ConnectRule> {
        let rule = |host: HostPattern, to: SocketAddr| ConnectRule {
            host,
            port: None,
            to_host: Some(Host::Ip(to.ip())),
            to_port: Some(to.port()),
        };
        let unserved = self.cases.iter().filter(|case| case.recipe.server.kind == ServerKind::Nobody);
        let unserved = unserved.filter_map(|case| Host::parse(&case.host).ok());
        let mut rules: Vec<ConnectRule> = unserved.map(|host| rule(HostPattern::Exact(host), self.nobody)).collect();
        for domain in [DOMAIN, PUBLIC_DOMAIN] {
            rules.push(rule(HostPattern::Below(domain.to_owned()), self.address));
        }
        rules
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, LabError> {
    TcpListener::bind(address).await.map_err(|source| LabError::Listen { address, source })
}

fn local_address(listener: &TcpListener, address: SocketAddr) -> Result<SocketAddr, LabError> {
    listener.local_addr().map_err(|source| LabError::Listen { address, source })
}

fn plain_site() -> Site {
    Site { title: "The lab, without TLS".into(), text: "Plain HTTP, so there is nothing to judge.".into() }
}

async fn accept<F, T>(listener: TcpListener, serve: F)
where
    F: Fn(TcpStream) -> T,
    T: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    let _ = stream.set_nodelay(true);
                    connections.spawn(serve(stream));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// The port of every case: told apart by the name in the hello.
async fn serve_any(servers: Arc<Servers>, mut stream: TcpStream) {
    let Ok(Some((hello, bytes))) = timeout(PATIENCE, read_first(&mut stream)).await else { return };
    let Some(hello) = hello else { return serve_plain(&servers, Prefixed::new(bytes, stream)).await };
    let case = hello.sni.as_ref().and_then(|sni| servers.by_host.get(sni));
    match case {
        Some(case) => serve_hello(case, stream, &hello, bytes).await,
        None => {
            let _ = stream.write_all(&flights::alert(AlertCode::UNRECOGNIZED_NAME)).await;
        }
    }
}

/// A port of one case.
async fn serve_case(case: Arc<CaseServer>, mut stream: TcpStream) {
    if let Ok(Some((Some(hello), bytes))) = timeout(PATIENCE, read_first(&mut stream)).await {
        serve_hello(&case, stream, &hello, bytes).await;
    }
}

/// The hello and the bytes it came in; no hello for a client that speaks HTTP in the clear.
async fn read_first(stream: &mut TcpStream) -> Option<(Option<Box<ClientHello>>, Bytes)> {
    let mut bytes = BytesMut::new();
    loop {
        if !matches!(stream.read_buf(&mut bytes).await, Ok(1..)) {
            return None;
        }
        match sniff(&bytes) {
            Opening::Tls => match read_client_hello(&bytes) {
                HelloRead::Hello(hello) => return Some((Some(hello), bytes.freeze())),
                HelloRead::NeedMore => {}
                HelloRead::Unreadable(_) => return None,
            },
            Opening::Http1 => return Some((None, bytes.freeze())),
            Opening::NeedMore => {}
            _ => return None,
        }
    }
}

async fn serve_hello(case: &CaseServer, mut stream: TcpStream, hello: &ClientHello, bytes: Bytes) {
    let mut recipe = &case.recipe;
    if recipe.small_hello && hello.raw.len() > 1400 {
        return;
    }
    let is_modern =
        hello.versions.iter().any(|v| *v >= TlsVersion::TLS12) && hello.suites.iter().any(|s| s.is_modern());
    if let Some(also) = recipe.also.as_ref().filter(|_| !is_modern) {
        recipe = also;
    }
    let answer = match recipe.kind {
        ServerKind::Flight => flights::answer(recipe, hello, &case.chain).unwrap_or_default(),
        ServerKind::Half => flights::half(recipe, hello, &case.chain).unwrap_or_default(),
        ServerKind::Alert => flights::alert(AlertCode(recipe.alert.unwrap_or(40))),
        ServerKind::PlainHttp => b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n".to_vec(),
        ServerKind::Reset => {
            let _ = stream.set_zero_linger();
            return;
        }
        ServerKind::Close | ServerKind::Nobody => return,
        ServerKind::Silent => return wait_for_end(&mut stream).await,
        ServerKind::Site | ServerKind::Echo | ServerKind::Greeting | ServerKind::Abrupt => {
            return serve_tls(case, Prefixed::new(bytes, stream)).await;
        }
    };
    let _ = stream.write_all(&answer).await;
    if recipe.kind == ServerKind::Flight {
        // What comes next would need the keys.
        let _ = timeout(PATIENCE, stream.read(&mut [0; 1024])).await;
    }
    // An end that is a FIN, whatever of the client's is still on its way.
    let _ = stream.shutdown().await;
    wait_for_end(&mut stream).await;
}

async fn wait_for_end(stream: &mut TcpStream) {
    let mut rest = [0; 1024];
    let _ = timeout(Duration::from_secs(30), async { while matches!(stream.read(&mut rest).await, Ok(1..)) {} }).await;
}

async fn serve_tls(case: &CaseServer, stream: Prefixed<TcpStream>) {
    let Some(tls) = &case.tls else { return };
    let Ok(Ok(mut stream)) = timeout(PATIENCE, tls.accept(stream)).await else { return };
    match case.recipe.kind {
        ServerKind::Echo => echo(&mut stream).await,
        ServerKind::Greeting => {
            if stream.write_all(b"220 lab.test ESMTP tlscope\r\n").await.is_ok() {
                echo(&mut stream).await;
            }
        }
        ServerKind::Abrupt => answer_abruptly(stream).await,
        _ => serve_http(stream, case.site.clone()).await,
    }
}

async fn echo(stream: &mut TlsStream<Prefixed<TcpStream>>) {
    let mut buffer = vec![0; 8 << 10];
    while let Ok(n @ 1..) = stream.read(&mut buffer).await {
        if stream.write_all(buffer.get(..n).unwrap_or_default()).await.is_err() || stream.flush().await.is_err() {
            return;
        }
    }
    let _ = stream.shutdown().await;
}

/// One answer, then the end of the connection without a `close_notify`.
async fn answer_abruptly(mut stream: TlsStream<Prefixed<TcpStream>>) {
    let mut request = [0; 4096];
    let _ = stream.read(&mut request).await;
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\nabrupt\n").await;
    let _ = stream.flush().await;
}

async fn serve_http(stream: TlsStream<Prefixed<TcpStream>>, site: Site) {
    if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.enable_connect_protocol().adaptive_window(true).timer(TokioTimer::new());
        let _ = builder.serve_connection(TokioIo::new(stream), site).await;
    } else {
        let _ = http1_builder().serve_connection(TokioIo::new(stream), site).with_upgrades().await;
    }
}

/// Whether somebody looks for an issuer, a list or an answer.
fn is_document(file: &str) -> bool {
    [".der", ".crl", ".ocsp"].iter().any(|ending| file.ends_with(ending))
}

fn http1_builder() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).half_close(true).preserve_header_case(true);
    builder
}

/// Plain HTTP: the issuers' certificates for whoever looks for them, a page for everybody else.
async fn serve_plain(servers: &Servers, stream: Prefixed<TcpStream>) {
    let aia = servers.aia.clone();
    let site = servers.site.clone();
    let service = hyper::service::service_fn(move |request: http::Request<hyper::body::Incoming>| {
        let file = request.uri().path().trim_start_matches('/').to_owned();
        let found = aia.get(&file).cloned();
        let site = site.clone();
        async move {
            match found {
                Some(der) => Ok(super::site::certificate(der)),
                None if is_document(&file) => Ok(super::site::nothing()),
                None => hyper::service::Service::call(&site, request).await,
            }
        }
    });
    let _ = http1_builder().serve_connection(TokioIo::new(stream), service).await;
}
