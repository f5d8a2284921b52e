//! What tlscope costs: `cargo bench --bench cost`. Prints, asserts nothing.
//!
//! The proxy is the release binary in a process of its own, so that its CPU time and memory are
//! its own; clients and the lab's servers are in this one. CPU time is what the kernel has counted
//! for the process, in ticks of ten milliseconds.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use tlscope::lab::Lab;
use tlscope::model::Timestamp;
use tlscope::store::Archive;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const HOST: &str = "good-http1.lab.test";

/// Clients that send at a time.
const CLIENTS: usize = 8;

/// Ticks of the kernel's process clock in a second, on every Linux.
const TICKS: f64 = 100.0;

struct Proxy {
    child: Child,
    address: SocketAddr,
    to_listening: Duration,
}

impl Proxy {
    fn start(home: &Path, flags: &[String]) -> Result<Self> {
        let began = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_tlscope"))
            .arg("--home")
            .arg(home)
            .args(["run", "--headless", "--listen", "127.0.0.1:0"])
            .args(flags)
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        let mut lines = BufReader::new(child.stderr.take().ok_or("no standard error")?).lines();
        let address = loop {
            let line = lines.next().ok_or("it did not start")??;
            if let Some((_, address)) = line.split_once(" listens on ") {
                break address.parse()?;
            }
        };
        let to_listening = began.elapsed();
        std::thread::spawn(move || lines.map_while(std::result::Result::ok).for_each(drop));
        Ok(Self { child, address, to_listening })
    }

    /// Seconds of CPU so far.
    fn cpu(&self) -> Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
        let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
        Ok((ticks(11) + ticks(12)) / TICKS)
    }

    /// A line of its status, in MiB: `VmRSS` now, `VmHWM` at most.
    fn memory(&self, line: &str) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let value = status.lines().find_map(|own| own.strip_prefix(line)).ok_or("no such line")?;
        let kib: f64 = value.trim_matches([':', ' ', '\t', 'k', 'B']).parse()?;
        Ok(kib / 1024.0)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

async fn client(proxy: SocketAddr, ca: &CertificateDer<'static>) -> Result<TlsStream<TcpStream>> {
    let mut tunnel = TcpStream::connect(proxy).await?;
    tunnel.write_all(format!("CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}:443\r\n\r\n").as_bytes()).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(tunnel.read_u8().await?);
    }
    let mut roots = RootCertStore::empty();
    roots.add(ca.clone())?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(rustls::DEFAULT_VERSIONS)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(HOST)?, tunnel).await?)
}

/// Sends `count` requests one after the other on one connection.
async fn requests(mut stream: TlsStream<TcpStream>, count: usize) -> Result<()> {
    let request = format!("GET /json HTTP/1.1\r\nHost: {HOST}\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n");
    let mut answer = vec![0; 4096];
    for _ in 0..count {
        stream.write_all(request.as_bytes()).await?;
        let mut seen = Vec::new();
        while !seen.ends_with(b"}") {
            let n = stream.read(&mut answer).await?;
            if n == 0 {
                return Err("the connection ended".into());
            }
            seen.extend_from_slice(answer.get(..n).unwrap_or_default());
        }
    }
    Ok(())
}

async fn many(proxy: &Proxy, ca: &CertificateDer<'static>, count: usize) -> Result<()> {
    let mut all = Vec::new();
    for _ in 0..CLIENTS {
        let stream = client(proxy.address, ca).await?;
        all.push(tokio::spawn(
            async move { requests(stream, count / CLIENTS).await.map_err(|error| error.to_string()) },
        ));
    }
    for one in all {
        one.await??;
    }
    Ok(())
}

async fn download(proxy: &Proxy, ca: &CertificateDer<'static>, bytes: u64) -> Result<()> {
    let mut stream = client(proxy.address, ca).await?;
    let request = format!("GET /bytes/{bytes} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut buffer = vec![0; 256 << 10];
    let mut seen = 0;
    while let Ok(n @ 1..) = stream.read(&mut buffer).await {
        seen += n as u64;
    }
    if seen < bytes { Err(format!("{seen} of {bytes} bytes came").into()) } else { Ok(()) }
}

async fn upload(proxy: &Proxy, ca: &CertificateDer<'static>, bytes: u64) -> Result<()> {
    let mut stream = client(proxy.address, ca).await?;
    let head = format!("POST /upload HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {bytes}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    let chunk = vec![b'x'; 256 << 10];
    for _ in 0..bytes / chunk.len() as u64 {
        stream.write_all(&chunk).await?;
    }
    stream.flush().await?;
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    if answer.contains("200 OK") { Ok(()) } else { Err(answer.into()) }
}

/// Exchanges in the largest session file there is.
fn kept(home: &Path) -> Result<u64> {
    let mut most = 0;
    for entry in std::fs::read_dir(home.join("sessions"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "tlscope") {
            most = most.max(Archive::open(&path)?.counts()?.1);
        }
    }
    Ok(most)
}

#[tokio::main]
async fn main() -> Result<()> {
    let home = tempfile::tempdir()?;
    let now = Timestamp::from(time::OffsetDateTime::now_utc());
    let lab = Lab::start("127.0.0.1:0".parse()?, now).await?;
    let roots = home.path().join("roots.pem");
    std::fs::write(&roots, lab.roots().iter().map(|root| tlscope::x509::pem(&root.der)).collect::<String>())?;
    let flags: Vec<String> = [
        "--connect-to".to_owned(),
        format!("::127.0.0.1:{}", lab.address().port()),
        "--root-file".to_owned(),
        roots.display().to_string(),
    ]
    .to_vec();

    // The first start makes the CA.
    drop(Proxy::start(home.path(), &flags)?);
    let mut starts: Vec<(Duration, f64)> = Vec::new();
    for _ in 0..9 {
        let proxy = Proxy::start(home.path(), &flags)?;
        starts.push((proxy.to_listening, proxy.cpu()?));
    }
    starts.sort_by_key(|(took, _)| *took);
    let (middle, cpu) = starts.get(starts.len() / 2).ok_or("no start")?;
    println!(
        "start to listening          {:>8.0} ms, {:.0} ms of CPU (median of {})",
        millis(*middle),
        cpu * 1000.0,
        starts.len()
    );

    let proxy = Proxy::start(home.path(), &flags)?;
    let ca = CertificateDer::from_pem_file(home.path().join("ca/tlscope-ca-cert.pem"))?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    println!("resident memory, idle       {:>8.0} MiB", proxy.memory("VmRSS")?);
    many(&proxy, &ca, 2_000).await?;
    for name in ["first", "second"] {
        let (count, before) = (50_000, proxy.cpu()?);
        many(&proxy, &ca, count).await?;
        let micros = (proxy.cpu()? - before) * 1e6 / count as f64;
        println!("CPU a request, keep-alive   {micros:>8.0} µs (recorded; {name} {count})");
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    println!("resident, 100,000 exchanges {:>8.0} MiB", proxy.memory("VmRSS")?);
    drop(proxy);
    println!("kept in the session file    {:>8} exchanges", kept(home.path())?);

    let proxy = Proxy::start(home.path(), &flags)?;
    let gibibytes = 2;
    for (name, is_up) in [("download", false), ("upload", true)] {
        let (bytes, before) = (gibibytes << 30, proxy.cpu()?);
        let moved = if is_up { upload(&proxy, &ca, bytes).await } else { download(&proxy, &ca, bytes).await };
        moved?;
        let seconds = proxy.cpu()? - before;
        let peak = proxy.memory("VmHWM")?;
        println!("{name} of {gibibytes} GiB{:<9} {:>8.2} s of CPU, {peak:.0} MiB resident at most", "", seconds);
    }
    Ok(())
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
