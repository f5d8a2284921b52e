//! The proxy with everything it works with, put together and taken apart.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tracing::warn;

use super::now;
use super::obeying::Commander;
use crate::ca::{Authority, Mint, Origin};
use crate::config::RunSettings;
use crate::diagnosis::Trust;
use crate::files::make_private_dir;
use crate::headless::Banner;
use crate::inquiry::Inquiry;
use crate::lab::Lab;
use crate::model::{RootSet, RootSetName, Summary, Timestamp};
use crate::net::Dialler;
use crate::portal::Page;
use crate::proxy::{AuditPlan, Auditor, Portal, Proxy, Services};
use crate::session::{Limits, Listener, Recorder, Session};
use crate::store::{Flusher, StoreError, Writer};
use crate::trust::{self, Loaded};

/// How many events may wait for the recorder, which only folds them.
const EVENTS_WAITING: usize = 4096;

/// How long the last reports may take once the proxy has stopped.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// The lab of a run is found through its proxy: any port will do.
const LAB_LISTENS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A running proxy and its recorder.
pub(super) struct Engine {
    proxy: Proxy,
    recorder: JoinHandle<Summary>,
    stop_recording: oneshot::Sender<()>,
    /// What has happened.
    pub(super) session: Session,
    /// Where it is kept.
    pub(super) file: PathBuf,
    /// What a person needs to begin.
    pub(super) banner: Banner,
    /// Waits for what was recorded to be in the file.
    pub(super) flusher: Flusher,
    /// Carries out what a person wants done.
    pub(super) commander: Commander,
    /// The audit, when there is one.
    pub(super) audit: Option<Auditor>,
    _lab: Option<Lab>,
}

impl Engine {
    /// Starts everything. `listeners` hear every change.
    pub(super) async fn start(settings: &RunSettings, listeners: Vec<Listener>) -> anyhow::Result<Self> {
        Self::start_with(settings, listeners, None).await
    }

    /// The same with an audit.
    pub(super) async fn start_with(
        settings: &RunSettings,
        listeners: Vec<Listener>,
        plan: Option<&AuditPlan>,
    ) -> anyhow::Result<Self> {
        let now = now();
        let keys = settings.keys.open(true)?;
        let lab = if settings.lab { Some(Lab::start(LAB_LISTENS, now).await?) } else { None };
        let (authority, origin) = Authority::load_or_create(&settings.home.ca, now)?;
        let mut banner = banner(settings, &authority, origin, now);
        banner.warnings.extend(keys.warnings(now));
        banner.lab_host = lab.as_ref().map(|_| "expired.lab.test".to_owned());
        let page = Page::new(authority.cert().clone(), authority.name().to_owned());
        let mint = Arc::new(Mint::new(authority));
        let audit = plan.map(|plan| Auditor::new(plan, &mint)).transpose()?;
        make_rsa_key_ahead(mint.clone());
        let dialler = dialler(settings, lab.as_ref()).with_keys(keys);
        let judged = settings.inquiry.clone();
        let inquiry = Inquiry::start(judged, trust_of(&settings.trust, lab.as_ref())?, dialler.clone())
            .context("cannot start the judge")?;
        let writer = session_file(settings, now)?;
        let file = writer.path().to_owned();
        banner.session = Some(file.clone());
        let (events, inbox) = mpsc::channel(EVENTS_WAITING);
        let portal: Portal = Arc::new(move |asked| page.answer(asked));
        let weak = events.downgrade();
        let services =
            Services { dialler: dialler.clone(), inquiry: inquiry.clone(), mint, portal, audit: audit.clone(), events };
        let proxy = match Proxy::start(settings.proxy.clone(), services) {
            Ok(proxy) => proxy,
            Err(error) => {
                // Nothing has happened that would be worth a file.
                drop(writer);
                let _ = fs::remove_file(&file);
                return Err(error.into());
            }
        };
        banner.addresses = proxy.addresses().to_vec();
        banner.reversed = proxy.reversed().to_vec();
        let flusher = writer.flusher();
        let (recorder, session) = Recorder::new(Limits::default(), Some(writer), listeners);
        let (stop_recording, stopped) = oneshot::channel();
        let recorder = tokio::spawn(recorder.run(inbox, async {
            let _ = stopped.await;
        }));
        let commander = Commander {
            events: weak,
            session: session.clone(),
            file: file.clone(),
            proxy: banner.local_address(),
            routes: proxy.routes(),
            questions: proxy.questions(),
            guests: proxy.guests(),
            dialler,
            inquiry,
        };
        Ok(Self { proxy, recorder, stop_recording, session, file, banner, flusher, commander, audit, _lab: lab })
    }

    /// Stops the proxy, lets the recorder finish, closes the session file.
    pub(super) async fn stop(self) -> Summary {
        self.proxy.stop().await;
        let mut recorder = self.recorder;
        if let Ok(summary) = timeout(LAST_WORDS, &mut recorder).await {
            return summary.unwrap_or_default();
        }
        // Somebody's issuer is still being fetched; the session ends without it.
        let _ = self.stop_recording.send(());
        recorder.await.unwrap_or_default()
    }
}

fn banner(settings: &RunSettings, authority: &Authority, origin: Origin, now: Timestamp) -> Banner {
    Banner {
        addresses: Vec::new(),
        reversed: Vec::new(),
        own_address: own_address(),
        policies: settings.proxy.policy.about_bad_of_all(),
        allowed: settings.proxy.access.allow.iter().map(ToString::to_string).collect(),
        ca_name: authority.name().to_owned(),
        ca_is_new: origin == Origin::Created,
        ca_file: authority.paths().certificate.clone(),
        session: None,
        lab_host: None,
        warnings: authority.warnings(now),
    }
}

/// The address by which this machine would speak to the network. Connecting a UDP socket sends
/// nothing; 192.0.2.1 is nobody's (RFC 5737).
pub(super) fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_loopback() && !ip.is_unspecified()).then_some(ip)
}

/// Clients without ECDSA are few; the first of them should not wait for a key.
fn make_rsa_key_ahead(mint: Arc<Mint>) {
    tokio::task::spawn_blocking(move || {
        if let Err(error) = mint.prepare() {
            warn!(%error, "cannot make an RSA key");
        }
    });
}

fn dialler(settings: &RunSettings, lab: Option<&Lab>) -> Dialler {
    let mut config = settings.net.clone();
    // What the user said comes first.
    config.connect_to.extend(lab.map(Lab::connect_rules).unwrap_or_default());
    Dialler::new(config)
}

/// Root files are read now, so that a useless one is named at once; the big sets on the judging
/// thread.
pub(super) fn trust_of(
    config: &trust::Config,
    lab: Option<&Lab>,
) -> anyhow::Result<impl FnOnce() -> Trust + Send + use<>> {
    let files = trust::load(&trust::Config { roots: Vec::new(), ..config.clone() })?;
    let logs = files.logs;
    let mut anchors: Vec<_> = files.sets.into_iter().flat_map(|set| set.anchors).collect();
    anchors.extend(lab.map(|lab| lab.roots().to_vec()).unwrap_or_default());
    let public_root = lab.map(Lab::public_root);
    let logs = logs.or_else(|| lab.map(|lab| lab.logs().to_vec()));
    let big = trust::Config { roots: config.roots.clone(), root_files: Vec::new(), ct_logs: None };
    Ok(move || {
        // Without files there is nothing that could be of no use.
        let Loaded { mut sets, mut public, warnings, .. } = trust::load(&big).unwrap_or_default();
        for warning in warnings {
            warn!("{warning}");
        }
        if !anchors.is_empty() {
            sets.push(RootSet { name: RootSetName::Files, anchors });
        }
        public.extend(public_root);
        Trust::new(&sets, &public).with_logs(logs)
    })
}

fn session_file(settings: &RunSettings, now: Timestamp) -> anyhow::Result<Writer> {
    let meta = [("tlscope", env!("CARGO_PKG_VERSION").to_owned()), ("started", now.to_string())];
    if let Some(path) = &settings.session {
        return Ok(Writer::create(path, settings.disk_queue, &meta)?);
    }
    let dir = &settings.home.sessions;
    make_private_dir(dir).with_context(|| format!("cannot create the directory {}", dir.display()))?;
    let stamp = format!("{}T{}", now.day(), now.clock().replace(':', "-"));
    let mut taken = 0;
    loop {
        let name = if taken == 0 { format!("{stamp}.tlscope") } else { format!("{stamp}-{taken}.tlscope") };
        match Writer::create(&dir.join(name), settings.disk_queue, &meta) {
            // Another run began in the same second.
            Err(StoreError::Exists { .. }) if taken < 100 => taken += 1,
            created => return Ok(created?),
        }
    }
}
