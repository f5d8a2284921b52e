//! What is said when the proxy starts.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use super::Paint;

/// Everything a person needs to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Banner {
    /// Where the proxy listens.
    pub addresses: Vec<SocketAddr>,
    /// This machine's address in its network, when it has one.
    pub own_address: Option<IpAddr>,
    /// Who may use it beside this machine.
    pub allowed: Vec<String>,
    /// The CA's name.
    pub ca_name: String,
    /// Whether it was made just now.
    pub ca_is_new: bool,
    /// The CA certificate's file.
    pub ca_file: PathBuf,
    /// The session file.
    pub session: Option<PathBuf>,
    /// The lab's example host, when the lab runs.
    pub lab_host: Option<String>,
    /// What its owner should know.
    pub warnings: Vec<String>,
}

impl Banner {
    /// The proxy's port.
    pub fn port(&self) -> u16 {
        self.addresses.first().map_or(0, SocketAddr::port)
    }

    /// The proxy as a client on this machine names it.
    pub fn local(&self) -> String {
        let loopback = self.addresses.iter().find(|address| address.ip().is_loopback());
        match loopback {
            Some(address) => address.to_string(),
            None if self.addresses.iter().all(SocketAddr::is_ipv6) => format!("[::1]:{}", self.port()),
            None => format!("127.0.0.1:{}", self.port()),
        }
    }

    /// The proxy as a device on the same network names it; `None` when it cannot reach it.
    pub fn remote(&self) -> Option<SocketAddr> {
        let reachable = |own: &IpAddr| {
            self.addresses.iter().any(|address| {
                address.is_ipv4() == own.is_ipv4() && (address.ip().is_unspecified() || address.ip() == *own)
            })
        };
        self.own_address.filter(reachable).map(|own| SocketAddr::new(own, self.port()))
    }

    /// A command to paste.
    pub fn curl(&self) -> String {
        let host = self.lab_host.as_deref().unwrap_or("example.com");
        format!(
            "curl --proxy http://{} --cacert {} https://{host}/",
            self.local(),
            quoted(&self.ca_file.to_string_lossy())
        )
    }

    /// The lines.
    pub fn text(&self, paint: Paint) -> String {
        let addresses: Vec<String> = self.addresses.iter().map(ToString::to_string).collect();
        let made = if self.ca_is_new { ", made just now" } else { "" };
        let mut out = format!(
            "{} listens on {}\n",
            paint.bold(&format!("tlscope {}", env!("CARGO_PKG_VERSION"))),
            addresses.join(" and ")
        );
        let mut line = |label: &str, value: &str| {
            out.push_str(&format!("  {} {value}\n", paint.dim(&format!("{label:<9}"))));
        };
        line("try", &self.curl());
        if let Some(remote) = self.remote() {
            let allow = format!("--allow {}/{}", remote.ip(), if remote.is_ipv4() { 24 } else { 64 });
            let steps = if self.allowed.is_empty() {
                format!("set their proxy to {remote}, start tlscope with {allow}, open http://tlscope.test/")
            } else {
                let allowed = self.allowed.join(", ");
                format!("set their proxy to {remote}, open http://tlscope.test/; served: this machine, {allowed}")
            };
            line("devices", &steps);
        }
        line("CA", &format!("{}{made}: {}", self.ca_name, self.ca_file.display()));
        if let Some(session) = &self.session {
            line("session", &session.display().to_string());
        }
        line("note", "clients are shown good certificates: an app's own refusal of a bad one is switched off");
        for warning in &self.warnings {
            line("warning", warning);
        }
        out
    }
}

/// As a shell takes it.
fn quoted(text: &str) -> String {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-+=:@%".contains(c));
    if plain { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn banner(addresses: &[&str], own: Option<&str>) -> Banner {
        Banner {
            addresses: addresses.iter().map(|address| address.parse().unwrap()).collect(),
            own_address: own.map(|own| own.parse().unwrap()),
            allowed: Vec::new(),
            ca_name: "tlscope CA 0a1b2c3d".into(),
            ca_is_new: true,
            ca_file: "/home/me/my files/ca.pem".into(),
            session: Some("/home/me/sessions/1.tlscope".into()),
            lab_host: None,
            warnings: vec!["the CA ends in 30 days".into()],
        }
    }

    #[test]
    fn addresses_are_those_a_client_can_use() {
        let cases = [
            (&["0.0.0.0:8080", "[::]:8080"][..], Some("192.168.1.2"), "127.0.0.1:8080", Some("192.168.1.2:8080")),
            (&["127.0.0.1:9000"][..], Some("192.168.1.2"), "127.0.0.1:9000", None),
            (&["[::]:1"][..], None, "[::1]:1", None),
        ];
        for (addresses, own, local, remote) in cases {
            let banner = banner(addresses, own);
            assert_eq!(banner.local(), local);
            assert_eq!(banner.remote(), remote.map(|remote| remote.parse().unwrap()));
        }
    }

    #[test]
    fn says_what_to_do() {
        insta::assert_snapshot!(banner(&["0.0.0.0:8080", "[::]:8080"], Some("192.168.1.2")).text(Paint::default()));
    }
}
